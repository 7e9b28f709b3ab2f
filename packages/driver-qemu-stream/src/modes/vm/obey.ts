import { setTimeout as sleep } from 'node:timers/promises';
import { ImageError } from '@image-api/driver';
import type { MonitorJob } from './monitor-job.ts';

/** How long a machine may take to end a job before it is left to itself. */
const patienceMs = 1500;

/**
 * Do `work`, which follows a job, and have the job ended when the signal says so. What became of it is what `work` tells.
 *
 * @throws ImageError CANCELLED when nobody tells in time
 */
export async function obey<T>(signal: AbortSignal, job: Pick<MonitorJob, 'cancel'>, work: () => Promise<T>): Promise<T> {
  const working = work();
  let isDone = false;
  const given = new Promise<never>((_, reject) => {
    const cancel = (): void => {
      job.cancel().catch(() => undefined);
      void sleep(patienceMs, undefined, { ref: false }).then(() => isDone || reject(leftToItself()));
    };
    if (signal.aborted) cancel();
    else signal.addEventListener('abort', cancel, { once: true });
    void working.finally(() => signal.removeEventListener('abort', cancel)).catch(() => undefined);
  });
  try {
    return await Promise.race([working, given]);
  } finally {
    isDone = true;
  }
}

function leftToItself(): ImageError {
  return new ImageError('cancelled; the machine did not answer in time, and its job may go on: look at it with query-jobs', {
    code: 'CANCELLED',
    origin: 'caller',
    driver: 'qemu-stream',
  });
}
