import { setTimeout as sleep } from 'node:timers/promises';
import { ImageError } from '@image-api/driver';
import type { Limits, TransferContext } from '@image-api/driver';

type Control = 'pause' | 'resume' | 'limits';
type Handler = () => Promise<void>;
type LimitsHandler = (limits: Limits) => Promise<Limits>;

/** The hand on a running copy, as the core has it: it keeps what a driver registered, and paces drivers that move bytes themselves. */
export class TransferControls {
  /** All that was ever registered, taken back or not. */
  readonly seen: Set<Control> = new Set<Control>();
  #pause: Handler | undefined;
  #resume: Handler | undefined;
  #setLimits: LimitsHandler | undefined;
  #limits: Limits;
  #paused: Promise<void> | undefined;
  #continue: () => void = () => undefined;
  #nextAtMs = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  readonly onControl: TransferContext['onControl'] = (event: Control, handler: Handler | LimitsHandler) => {
    this.seen.add(event);
    if (event === 'pause') this.#pause = handler as Handler;
    else if (event === 'resume') this.#resume = handler as Handler;
    else this.#setLimits = handler as LimitsHandler;
    return () => this.#takeBack(event, handler);
  };

  get canPause(): boolean {
    return this.#pause !== undefined && this.#resume !== undefined;
  }

  async pause(): Promise<void> {
    this.#paused ??= new Promise((resolve) => (this.#continue = resolve));
    await this.#pause?.();
  }

  async resume(): Promise<void> {
    await this.#resume?.();
    this.#paused = undefined;
    this.#continue();
  }

  /** The answer of the driver: what is in force. `undefined` when it did not say that limits can be changed. */
  async setLimits(limits: Limits): Promise<Limits | undefined> {
    const answer = await this.#setLimits?.(limits);
    if (answer) this.#limits = answer;
    return answer;
  }

  /** See `TransferContext.checkpoint`: a piece is paid for before it goes. */
  async checkpoint(bytes: number, signal: AbortSignal): Promise<void> {
    while (this.#paused && !signal.aborted) await Promise.race([this.#paused, aborted(signal)]);
    throwIfAborted(signal);
    const { bandwidth } = this.#limits;
    if (bandwidth === undefined) return;
    const nowMs = performance.now();
    this.#nextAtMs = Math.max(this.#nextAtMs, nowMs) + (bytes / bandwidth) * 1000;
    await sleep(this.#nextAtMs - nowMs, undefined, { signal }).catch(() => throwIfAborted(signal));
  }

  #takeBack(event: Control, handler: Handler | LimitsHandler): void {
    if (event === 'pause' && this.#pause === handler) this.#pause = undefined;
    if (event === 'resume' && this.#resume === handler) this.#resume = undefined;
    if (event === 'limits' && this.#setLimits === handler) this.#setLimits = undefined;
  }
}

function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new ImageError('cancelled', { code: 'CANCELLED', origin: 'caller' });
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
