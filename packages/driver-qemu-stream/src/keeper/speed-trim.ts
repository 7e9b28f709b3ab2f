const shortestWindowMs = 500;
/** Long enough that a single piece of half a MiB does not count. */
const piecesInWindow = 16;
const piece = 512 * 1024;
const most = 2;
const steps = { least: 0.8, most: 1.3 } as const;
/** A raise that brings so small a part of itself brings nothing: it is the source that is slower than the limit. */
const worthwhile = 0.2;
/** One raise may have met a bad moment. */
const vainRaises = 2;
/** Windows to wait before it is tried again whether the source has become faster. */
const restWindows = 10;

/**
 * What QEMU is to be told, so that what it does is what was asked. It counts the time for which it waits between pieces and not the time in
 * which a piece is on its way: over a slow link it would stay a fifth below its limit. What comes is measured, and what it is told is raised a
 * little, and lowered at once when too much comes. What it passes over without moving it counts as moved here, so near holes it is at most too
 * slow.
 */
export class SpeedTrim {
  #factor = 1;
  #rests = 0;
  #vain = 0;
  /** By how much it was raised last, and what had come before. */
  #raise: { readonly by: number; readonly from: number } | undefined;
  #since: { readonly atMs: number; readonly offset: number } | undefined;

  /** Begin anew: the limit was changed, or nothing moved for a reason of ours. */
  reset(): void {
    this.#factor = 1;
    this.#rests = 0;
    this.#vain = 0;
    this.#raise = undefined;
    this.#since = undefined;
  }

  /**
   * @param asked bytes per second, above 0
   * @param offset of the job
   * @returns the speed to tell QEMU now; `undefined` when it knows it already
   */
  look(asked: number, offset: number, nowMs: number): number | undefined {
    this.#since ??= { atMs: nowMs, offset };
    const elapsedMs = nowMs - this.#since.atMs;
    if (elapsedMs < windowMs(asked)) return undefined;
    const came = ((offset - this.#since.offset) / elapsedMs) * 1000;
    this.#since = { atMs: nowMs, offset };
    const before = this.#factor;
    this.#factor = this.#next(came / asked);
    return this.#factor === before ? undefined : Math.max(1, Math.floor(asked * this.#factor));
  }

  /** @param share of what was asked that came in the last window */
  #next(share: number): number {
    if (this.#rests > 0) {
      this.#rests -= 1;
      return 1;
    }
    const by = Math.min(steps.most, Math.max(steps.least, 1 / Math.max(share, 0.01)));
    this.#vain = this.#wasVain(share) ? this.#vain + 1 : 0;
    this.#raise = by > 1.02 ? { by, from: share } : undefined;
    if (this.#vain < vainRaises && this.#factor * by <= most) return Math.max(1, this.#factor * by);
    this.#rests = restWindows;
    this.#vain = 0;
    this.#raise = undefined;
    return 1;
  }

  #wasVain(share: number): boolean {
    return this.#raise !== undefined && share / this.#raise.from - 1 < (this.#raise.by - 1) * worthwhile;
  }
}

function windowMs(asked: number): number {
  return Math.max(shortestWindowMs, ((piecesInWindow * piece) / asked) * 1000);
}
