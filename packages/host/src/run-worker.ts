import { ImageError } from '@image-api/driver';
import type { RunOptions } from '@image-api/driver';
import { watchLimits } from './watch-limits.ts';
import type { Reason } from './watch-limits.ts';
import type { Worker, WorkerEnd } from './worker.ts';

/** How to get a worker. What may take long is apart: it can be given up with nothing to clean away. */
export interface WorkerStart {
  /** For messages: `rsync on backup`. */
  readonly about: string;
  ready?(): Promise<void>;
  start(onOutput: () => void): Promise<Pick<Worker, 'ended' | 'terminate'>>;
}

/**
 * See a worker to its end, or end it when the signal, the deadline or the lack of progress says so.
 *
 * @throws ImageError `CANCELLED`, `DEADLINE` or `STALLED`, and whatever the start throws
 */
export async function runWorker(from: WorkerStart, options: RunOptions): Promise<WorkerEnd> {
  const limits = watchLimits(options);
  const interrupted = (reason: Reason, untouched: boolean): ImageError => interruption(reason, from.about, options, untouched);
  const givenUp = limits.reached.then((reason) => Promise.reject(interrupted(reason, true)));
  givenUp.catch(() => undefined);
  try {
    if (limits.reason) return await givenUp;
    await Promise.race([from.ready?.(), givenUp]);
    const worker = await from.start(limits.onOutput);
    void limits.reached.then(() => worker.terminate());
    const end = await worker.ended;
    if (limits.reason) throw interrupted(limits.reason, false);
    return end;
  } finally {
    limits.stop();
  }
}

function interruption(reason: Reason, about: string, options: RunOptions, untouched: boolean): ImageError {
  if (reason === 'cancelled') {
    return new ImageError(`${about} was cancelled`, { code: 'CANCELLED', origin: 'caller', untouched, cause: options.signal?.reason });
  }
  if (reason === 'deadline') {
    const message = `${about} took longer than the ${seconds(options.deadlineMs)} it was allowed; allow more time`;
    return new ImageError(message, { code: 'DEADLINE', origin: 'core', untouched });
  }
  const message = `${about} did nothing for ${seconds(options.stallMs)}; check the far end and the network, then start the same copy again`;
  return new ImageError(message, { code: 'STALLED', origin: 'core', retryable: true, untouched });
}

function seconds(ms = 0): string {
  return ms >= 1000 ? `${Math.round(ms / 100) / 10} s` : `${ms} ms`;
}
