import { ImageError } from '@image-api/driver';
import type { Limits } from '@image-api/driver';
import { TokenBucket } from '@image-api/host';

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
  /** Made for the first piece, so that nothing is saved up before it. */
  #bucket: TokenBucket | undefined;
  readonly #heldBack = new AbortController();
  /** Pieces that wait for their time, by what makes them look again. */
  readonly #waiting = new Set<() => void>();

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

  /** Aborts when the transfer is first paused or given a limit: what runs beside it, and obeys neither, has to stop. */
  get heldBack(): AbortSignal {
    return this.#heldBack.signal;
  }

  get canPause(): boolean {
    return this.#handlers.pause !== undefined && this.#handlers.resume !== undefined;
  }

  async pause(driver: string): Promise<void> {
    if (!this.#handlers.pause || !this.canPause) throw unsupported(driver, 'be paused');
    this.#paused ??= new Promise((resolve) => (this.#continue = resolve));
    this.#heldBack.abort();
    this.#bucket?.setPaused(true, performance.now());
    await this.#handlers.pause();
  }

  async resume(): Promise<void> {
    await this.#handlers.resume?.();
    this.#paused = undefined;
    this.#bucket?.setPaused(false, performance.now());
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
    if (this.#handlers.limits) this.#force(await this.#handlers.limits(limits));
    return this.#limits;
  }

  /** What the next attempt begins with. */
  preset(limits: Limits): void {
    this.#force(limits);
    this.#changed = true;
  }

  /** Wait until `bytes` may go: a piece is paid for before it goes, the first one, too. Rejects with CANCELLED. */
  async checkpoint(bytes: number, signal: AbortSignal): Promise<void> {
    for (let left = bytes; ;) {
      while (this.#paused) await unlessCancelled(signal, this.#paused);
      throwIfCancelled(signal);
      const bucket = (this.#bucket ??= new TokenBucket(this.#limits.bandwidth, performance.now()));
      left -= bucket.take(left, performance.now());
      if (left <= 0) return;
      await this.#wait(bucket.waitMs(left, performance.now()), signal);
    }
  }

  #force(limits: Limits): void {
    this.#limits = limits;
    if (limits.bandwidth !== undefined) this.#heldBack.abort();
    this.#bucket?.setRate(limits.bandwidth, performance.now());
    for (const lookAgain of this.#waiting) lookAgain();
  }

  #wait(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        this.#waiting.delete(end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      signal.addEventListener('abort', end, { once: true });
      this.#waiting.add(end);
    });
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
