/**
 * How many bytes may go by now: pure, with the clock as an argument, in milliseconds that never jump back.
 *
 * It starts empty, so that a limit holds from the first byte. Time in which nothing went is saved up, 250 ms at the most: on a busy machine
 * everybody comes late, and what is not made up for is lost. What was saved up before a change hardly counts after it.
 */
export class TokenBucket {
  #rate: number | undefined;
  #paused = false;
  #tokens = 0;
  #atMs: number;

  /** @param rate bytes per second; absent for no limit */
  constructor(rate: number | undefined, nowMs: number) {
    this.#rate = rate;
    this.#atMs = nowMs;
  }

  /** From now on; what was saved up counts at the new rate. */
  setRate(rate: number | undefined, nowMs: number): void {
    this.#fill(nowMs);
    this.#tokens = rate === undefined || this.#rate === undefined ? 0 : Math.min(this.#tokens, carriedOver(rate));
    this.#rate = rate;
  }

  /** Nothing goes while it is paused, and nothing is saved up. */
  setPaused(paused: boolean, nowMs: number): void {
    this.#fill(nowMs);
    if (paused) this.#tokens = 0;
    this.#paused = paused;
  }

  /** Take as many of the wanted bytes as may go now; 0 as long as it is not worth a piece. */
  take(wanted: number, nowMs: number): number {
    this.#fill(nowMs);
    if (this.#paused) return 0;
    if (this.#rate === undefined) return wanted;
    if (this.#tokens < leastOf(wanted, this.#rate)) return 0;
    const taken = Math.min(wanted, Math.floor(this.#tokens));
    this.#tokens -= taken;
    return taken;
  }

  /** Milliseconds until `take` may give something; Infinity while it is paused. */
  waitMs(wanted: number, nowMs: number): number {
    this.#fill(nowMs);
    if (this.#paused) return Infinity;
    if (this.#rate === undefined) return 0;
    return Math.max(0, ((leastOf(wanted, this.#rate) - this.#tokens) / this.#rate) * 1000);
  }

  #fill(nowMs: number): void {
    const passedMs = Math.max(0, nowMs - this.#atMs);
    this.#atMs = Math.max(this.#atMs, nowMs);
    if (this.#rate === undefined || this.#paused) return;
    this.#tokens = Math.min(burstOf(this.#rate), this.#tokens + (passedMs / 1000) * this.#rate);
  }
}

/** The smallest piece at a rate: what goes in 4 ms, but not less than 4 KiB, unless those would take longer than a second. */
export function sliceOf(rate: number): number {
  return Math.max(1, Math.min(4096, rate), rate * 0.004);
}

/** The most that is saved up at a rate. */
export function burstOf(rate: number): number {
  return Math.max(sliceOf(rate), rate * 0.25);
}

/** The most that is left of it by a change to a rate. */
export function carriedOver(rate: number): number {
  return rate * 0.05;
}

function leastOf(wanted: number, rate: number): number {
  return Math.min(wanted, sliceOf(rate));
}
