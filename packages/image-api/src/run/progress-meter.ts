/** How fast it goes and how long it will take: never NaN, never infinite. */
export interface Reading {
  /** Bytes per second over the last few seconds; 0 while it cannot be told, or nothing moves. */
  readonly rate: number;
  /** Absent while it cannot be told. */
  readonly secondsLeft?: number;
}

interface Sample {
  readonly atMs: number;
  readonly bytes: number;
}

/** A shorter stretch says nothing of the rate: buffers fill at once. */
const shortestMs = 200;
/** Samples kept of one window. */
const resolution = 50;

/**
 * Turns positions in an image into a rate, over a sliding window. Where the first position is, counting begins: bytes that
 * an earlier try left are not speed.
 */
export class ProgressMeter {
  readonly #now: () => number;
  readonly #windowMs: number;
  readonly #samples: Sample[] = [];
  #latest: Sample | undefined;

  /**
   * @param options.now a clock in milliseconds that does not go back
   * @param options.windowMs default 5000
   */
  constructor({ now, windowMs = 5000 }: { readonly now: () => number; readonly windowMs?: number }) {
    this.#now = now;
    this.#windowMs = windowMs;
  }

  /** Take in an absolute position. One that is no number, or behind the last, is left out. */
  add(bytes: number): void {
    const last = this.#latest?.bytes ?? -1;
    if (!(bytes > last) || bytes > Number.MAX_SAFE_INTEGER) return;
    const sample = { atMs: this.#now(), bytes };
    const sampledAtMs = this.#samples.at(-1)?.atMs ?? -Infinity;
    if (sample.atMs - sampledAtMs >= this.#windowMs / resolution) this.#samples.push(sample);
    this.#latest = sample;
  }

  /** @param total bytes there are, where known */
  read(total?: number): Reading {
    const rate = this.#rate();
    const secondsLeft = total === undefined ? Number.NaN : Math.max(0, total - (this.#latest?.bytes ?? 0)) / rate;
    if (total !== undefined && this.#latest && this.#latest.bytes >= total) return { rate, secondsLeft: 0 };
    return Number.isFinite(secondsLeft) ? { rate, secondsLeft } : { rate };
  }

  #rate(): number {
    const nowMs = this.#now();
    const startMs = nowMs - this.#windowMs;
    while (this.#samples[1] && this.#samples[1].atMs <= startMs) this.#samples.shift();
    const first = this.#samples[0];
    if (!first || !this.#latest || this.#latest.atMs <= startMs || nowMs - first.atMs < shortestMs) return 0;
    return ((this.#latest.bytes - first.bytes) * 1000) / (nowMs - first.atMs);
  }
}
