const shortestWindowMs = 500;
/** Long enough that a single piece of half a MiB does not count. */
const piecesInWindow = 16;
const piece = 512 * 1024;
/** What is told is what was asked, times something between these. */
const bounds = { least: 0.9, most: 2 } as const;
const mostRaise = 0.3;
/** What is missing is made up for within so long, or within a window where that is longer. */
const makeUpMs = 1500;
/** So much in one window is no chance: what was slow is slow no longer. */
const burst = 1.3;
/** To tell QEMU of less of a change is not worth it. */
const noteworthy = 0.005;
/** A raise that brings so small a part of itself brings nothing: it is the source that is slower than the limit. */
const worthwhile = 0.2;
/** Of what was asked, once nothing is to be made up for. */
const enough = 0.97;
/** One raise may have met a bad moment. */
const vainRaises = 2;
/** Windows to wait before it is tried again whether the source has become faster. */
const restWindows = 10;

/**
 * What QEMU is to be told, so that what it does is what was asked. It counts the time for which it waits between pieces and not the time in
 * which a piece is on its way: over a slow link it would stay a fifth below its limit. What is missing in all is measured, and what it is told
 * grows with that; so chance, by which one window brings more and the next one less, adds up to nothing. What it passes over without moving it
 * counts as moved here, so near holes it is at most too slow.
 */
export class SpeedTrim {
  #factor = 1;
  /** Seconds of what was asked that have not come; negative where too much has. */
  #missing = 0;
  /** The share that came when nothing was made up for. */
  #plain = 1;
  #rests = 0;
  #vain = 0;
  #since: { readonly atMs: number; readonly offset: number } | undefined;

  /** Begin anew: the limit was changed, or nothing moved for a reason of ours. */
  reset(): void {
    this.#begin();
    this.#rests = 0;
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
    const next = this.#next(came / asked, elapsedMs / 1000, Math.max(makeUpMs, windowMs(asked)) / 1000);
    if (next !== 1 && Math.abs(next - before) < noteworthy) return undefined;
    this.#factor = next;
    return next === before ? undefined : Math.max(1, Math.floor(asked * next));
  }

  /**
   * @param share of what was asked that came in the last window
   * @param seconds how long that was
   * @param makeUp seconds to make up for what is missing
   */
  #next(share: number, seconds: number, makeUp: number): number {
    if (this.#rests > 0) {
      this.#rests -= 1;
      return 1;
    }
    if (share > burst) this.#missing = 0;
    const missing = this.#missing + (1 - share) * seconds;
    const most = (Math.min(bounds.most, this.#factor + mostRaise) - 1) * makeUp;
    this.#missing = Math.min(most, Math.max((bounds.least - 1) * makeUp, missing));
    if (this.#factor < 1 + noteworthy) this.#plain = share;
    const isVain = share < enough && (this.#factor > bounds.most - noteworthy || share / this.#plain - 1 < (this.#factor - 1) * worthwhile);
    this.#vain = isVain && this.#factor > 1 ? this.#vain + 1 : 0;
    if (this.#vain < vainRaises) return 1 + this.#missing / makeUp;
    this.#begin();
    this.#rests = restWindows;
    return 1;
  }

  #begin(): void {
    this.#factor = 1;
    this.#missing = 0;
    this.#plain = 1;
    this.#vain = 0;
  }
}

function windowMs(asked: number): number {
  return Math.max(shortestWindowMs, ((piecesInWindow * piece) / asked) * 1000);
}
