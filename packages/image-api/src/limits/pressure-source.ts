import { ImageError } from '@image-api/driver';
import type { Clock } from './clock.ts';
import type { LimitChange, LimitSource } from './limit-source.ts';
import { advanceControl, beginControl } from './pressure-control.ts';
import type { PressureBounds, PressureControl, PressureSample } from './pressure-control.ts';

const periodMs = 125;
/** So long it is listened before the first byte. */
const firstMs = 2 * periodMs;

export interface PressureSourceInput {
  readonly bounds: PressureBounds;
  readonly clock: Clock;
  /** The running total; `undefined` where there is none. */
  readonly waitedMs: () => Promise<number | undefined>;
}

/** The shell around `advanceControl`: takes samples, and tells what came of them. */
export class PressureSource implements LimitSource {
  readonly #input: PressureSourceInput;
  #stop: () => void = () => undefined;
  #listener: ((change: LimitChange) => void) | undefined;
  #control: PressureControl | undefined;
  #told: Pick<PressureControl, 'bandwidth' | 'listening'> | undefined;
  #moved = 0;
  #isPaused = false;
  #wasPaused = false;
  #isLooking = false;

  constructor(input: PressureSourceInput) {
    this.#input = input;
  }

  async begin(signal: AbortSignal): Promise<number | undefined> {
    const { clock, bounds } = this.#input;
    const before = await this.#sample().catch(notMeasured);
    await pass(firstMs, clock, signal);
    if (signal.aborted) throw new ImageError('cancelled before it began', { code: 'CANCELLED', origin: 'caller', untouched: true });
    this.#control = beginControl(before, await this.#sample().catch(notMeasured), bounds);
    this.#told = this.#control;
    this.#stop = clock.every(periodMs, () => void this.#look());
    return this.#control.bandwidth;
  }

  follow(listener: (change: LimitChange) => void): void {
    this.#listener = listener;
  }

  moved(bytes: number): void {
    this.#moved += bytes;
  }

  paused(isPaused: boolean): void {
    this.#isPaused = isPaused;
  }

  close(): Promise<void> {
    this.#stop();
    this.#listener = undefined;
    this.#control = undefined;
    return Promise.resolve();
  }

  async #look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    const sample = await this.#sample().catch(() => undefined);
    this.#isLooking = false;
    if (!this.#control) return;
    this.#control = this.#next(this.#control, sample);
    this.#tell(this.#control);
  }

  /** While it is paused it is still for another reason; then it begins once more. */
  #next(control: PressureControl, sample: PressureSample | undefined): PressureControl {
    const { bounds, clock } = this.#input;
    if (!sample) return { ...control, bandwidth: bounds.floor, reason: 'the pressure cannot be read any more', changedAtMs: clock.nowMs() };
    const wasPaused = this.#wasPaused;
    this.#wasPaused = this.#isPaused;
    if (this.#isPaused) return { ...control, last: sample };
    return wasPaused ? beginControl(control.last, sample, bounds) : advanceControl(control, sample, bounds);
  }

  #tell(control: PressureControl): void {
    const { bandwidth, listening, reason } = control;
    if (bandwidth === this.#told?.bandwidth && (listening || !this.#told.listening)) return;
    const isPassing = listening !== undefined || bandwidth === this.#told?.listening?.back;
    this.#told = control;
    this.#listener?.({ bandwidth: bandwidth === Infinity ? undefined : bandwidth, reason, ...(isPassing && { isPassing }) });
  }

  async #sample(): Promise<PressureSample> {
    const waitedMs = await this.#input.waitedMs();
    if (waitedMs === undefined) throw new Error('no total');
    const sample = { atMs: this.#input.clock.nowMs(), waitedMs, moved: this.#moved };
    this.#moved = 0;
    return sample;
  }
}

function pass(ms: number, clock: Clock, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stop();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const stop = clock.every(ms, done);
    if (signal.aborted) done();
    else signal.addEventListener('abort', done);
  });
}

function notMeasured(cause: unknown): never {
  const { message } = cause as Error;
  throw new ImageError(
    `the kernel of this machine does not tell how long others wait for its disks (/proc/pressure/io: ${message}): give a fixed limit in place of auto, or start the kernel with psi=1`,
    { code: 'UNSUPPORTED', origin: 'caller', untouched: true, cause },
  );
}
