import { setTimeout as sleep } from 'node:timers/promises';
import { ImageError } from '@image-api/driver';
import type { Limits } from '@image-api/driver';

interface Handlers {
  pause?: () => Promise<void>;
  resume?: () => Promise<void>;
  limits?: (limits: Limits) => Promise<Limits>;
}

/**
 * What can be done to a transfer while it runs: the driver of the moment registers how, the task asks. It also paces drivers
 * that move bytes themselves, through `checkpoint`.
 */
export class Controls {
  #handlers: Handlers = {};
  #limits: Limits;
  #changed = false;
  #paused: Promise<void> | undefined;
  #continue: () => void = () => undefined;
  /** When the next byte may go, in milliseconds of a clock that never jumps: one piece after another, no burst at the start. */
  #nextAt = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  on(event: keyof Handlers, handler: NonNullable<Handlers[keyof Handlers]>): () => void {
    this.#handlers = { ...this.#handlers, [event]: handler };
    return () => {
      if (this.#handlers[event] === handler) this.#handlers = { ...this.#handlers, [event]: undefined };
    };
  }

  /** What is in force. */
  get limits(): Limits {
    return this.#limits;
  }

  /** The limits that were set while the copy ran; the next attempt begins with them. */
  get changedLimits(): Limits | undefined {
    return this.#changed ? this.#limits : undefined;
  }

  get canPause(): boolean {
    return this.#handlers.pause !== undefined && this.#handlers.resume !== undefined;
  }

  async pause(driver: string): Promise<void> {
    if (!this.#handlers.pause || !this.canPause) throw unsupported(driver, 'be paused');
    this.#paused ??= new Promise((resolve) => (this.#continue = resolve));
    await this.#handlers.pause();
  }

  async resume(): Promise<void> {
    await this.#handlers.resume?.();
    this.#paused = undefined;
    this.#continue();
  }

  /** @throws ImageError UNSUPPORTED */
  checkLimitable(driver: string): void {
    if (!this.#handlers.limits) throw unsupported(driver, 'have its limit changed while it runs');
  }

  async setLimits(limits: Limits, driver: string): Promise<Limits> {
    this.checkLimitable(driver);
    return this.follow(limits);
  }

  /** The same where nobody asked: between two attempts it is kept for the next. */
  async follow(limits: Limits): Promise<Limits> {
    this.preset(limits);
    if (this.#handlers.limits) this.#limits = await this.#handlers.limits(limits);
    return this.#limits;
  }

  /** What the next attempt begins with. */
  preset(limits: Limits): void {
    this.#limits = limits;
    this.#changed = true;
  }

  /** Wait until `bytes` may go. Rejects with CANCELLED. */
  async checkpoint(bytes: number, signal: AbortSignal): Promise<void> {
    while (this.#paused) await unlessCancelled(signal, this.#paused);
    throwIfCancelled(signal);
    const { bandwidth } = this.#limits;
    if (bandwidth === undefined) return;
    const now = performance.now();
    // A piece is paid for before it goes: the first one waits its share, too.
    this.#nextAt = Math.max(this.#nextAt, now) + (bytes / bandwidth) * 1000;
    await sleep(this.#nextAt - now, undefined, { signal }).catch(() => throwIfCancelled(signal));
  }
}

/** @throws ImageError CANCELLED */
export function throwIfCancelled(signal: AbortSignal): void {
  if (!signal.aborted) return;
  throw new ImageError(typeof signal.reason === 'string' ? `cancelled: ${signal.reason}` : 'cancelled', {
    code: 'CANCELLED',
    origin: 'caller',
  });
}

/** The answer of `promise`, or at once CANCELLED: for work that changes nothing and may be left to itself. */
export async function unlessCancelled<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  const finished = new AbortController();
  try {
    await Promise.race([promise, aborted(signal, finished.signal)]);
  } finally {
    finished.abort();
  }
  throwIfCancelled(signal);
  return promise;
}

/** Resolves when `signal` is aborted; forgets about it when `unless` is. */
export function aborted(signal: AbortSignal, unless?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true, ...(unless && { signal: unless }) });
  });
}

function unsupported(driver: string, what: string): ImageError {
  return new ImageError(
    `a copy by ${driver} cannot ${what}; start it with needs: ['pause', 'liveLimits'] so that a driver is chosen that can`,
    {
      code: 'UNSUPPORTED',
      origin: 'driver',
      driver,
    },
  );
}
