import { setTimeout as sleep } from 'node:timers/promises';
import { ImageError, isImageError } from '@image-api/driver';
import type { Endpoint } from '@image-api/driver';
import { escapeControl } from '@image-api/host';
import { QmpError, connectQmp } from '@image-api/qmp';
import type { Qmp } from '@image-api/qmp';

/** How long the greeting is waited for: whoever holds the monitor for a moment is let finish. */
const greetingTimeoutMs = 2000;
const timeoutMs = 10_000;

/** Which end of the copy the machine is. */
export type VmSide = 'source' | 'destination';

/**
 * The monitor of a running machine, which serves one client at a time, and most often belongs to somebody else: it is held for short turns
 * only, one after another, and left alone between them.
 */
export class MonitorTurns {
  readonly endpoint: Endpoint;
  readonly side: VmSide;
  #last: Promise<unknown> = Promise.resolve();

  constructor(endpoint: Endpoint, side: VmSide) {
    this.endpoint = endpoint;
    this.side = side;
  }

  /**
   * Do something over the monitor, and let go of it.
   *
   * @param patienceMs how long to wait for another client to let go. Default: a moment
   * @throws ImageError when it cannot be reached, and what `work` throws
   */
  take<T>(work: (qmp: Qmp) => Promise<T>, patienceMs = 0): Promise<T> {
    const turn = this.#last.then(() => this.#take(work, performance.now() + patienceMs));
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #take<T>(work: (qmp: Qmp) => Promise<T>, untilMs: number): Promise<T> {
    const qmp = await this.#connect(untilMs);
    try {
      return await work(qmp);
    } finally {
      await qmp.close();
    }
  }

  async #connect(untilMs: number): Promise<Qmp> {
    for (;;) {
      try {
        return await connectQmp(this.endpoint.path, { greetingTimeoutMs, timeoutMs });
      } catch (error) {
        if (performance.now() >= untilMs) throw vmError(error, this.endpoint, this.side, true);
      }
      await sleep(100);
    }
  }
}

/** Why a machine did not do what it was told. An `ImageError` stays what it is. */
export function vmError(error: unknown, { href, path }: Endpoint, side: VmSide, untouched = false): ImageError {
  if (isImageError(error)) return error;
  const kind = error instanceof QmpError ? error.kind : 'closed';
  const said = escapeControl(error instanceof Error ? error.message : String(error));
  const more = { origin: side, driver: 'qemu-stream', untouched, details: { kind }, cause: error };
  if (kind === 'busy') {
    const words = `${href}: another client holds the monitor at ${path}, which serves one at a time; wait until it lets go, or give the machine a second monitor (-qmp unix:…,server=on,wait=off)`;
    return new ImageError(words, { ...more, code: side === 'source' ? 'UNREACHABLE' : 'DESTINATION_BUSY', retryable: true });
  }
  if (kind === 'command') return new ImageError(`${href}: ${said}`, { ...more, code: 'TOOL_FAILED' });
  return new ImageError(`${href}: ${said}; see whether the machine runs`, { ...more, code: 'UNREACHABLE', retryable: true });
}
