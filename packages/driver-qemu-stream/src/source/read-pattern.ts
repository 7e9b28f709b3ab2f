/** So many may read in order at the same time: the background, and files within a guest. */
const mostRuns = 4;
/** What is there already is left out, and yet it is the same run. */
const longestGap = 4 * 1024 * 1024;

/** Tells whether somebody reads in order. */
export class ReadPattern {
  /** Where each run will go on, the one used last in front. */
  #ends: number[] = [];

  /** Take note of a read. Answers true when it goes on where an earlier one had ended, or not far behind that. */
  isNext(offset: number, length: number): boolean {
    const at = this.#ends.findIndex((end) => offset >= end && offset - end <= longestGap);
    if (at >= 0) this.#ends.splice(at, 1);
    this.#ends = [offset + length, ...this.#ends].slice(0, mostRuns);
    return at >= 0;
  }
}
