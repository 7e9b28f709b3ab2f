/**
 * The most that may be on its way to the receiving disk and not there yet, in bytes as they are carried: far below where the system would
 * begin to write in bursts, and more than a fast disk needs to keep up with a fast network.
 */
const mostUnderWay = 64 * 2 ** 20;

/** Holds a copy back when the disk it goes to does not keep up, and lets it go on when it has caught up. */
export class WriteBrake {
  readonly #hold: (isHeld: boolean) => void;
  #moved = 0;
  #movedAtLastWord = 0;
  #onDisk = 0;
  #isHeld = false;

  constructor(hold: (isHeld: boolean) => void) {
    this.#hold = hold;
  }

  /** So many bytes were carried up to now. */
  moved(total: number): void {
    this.#moved = total;
    this.#judge();
  }

  /** All that had arrived when this was said the last time is on the disk. */
  written(): void {
    this.#onDisk = this.#movedAtLastWord;
    this.#movedAtLastWord = this.#moved;
    this.#judge();
  }

  #judge(): void {
    const isHeld = this.#moved - this.#onDisk > mostUnderWay;
    if (isHeld === this.#isHeld) return;
    this.#isHeld = isHeld;
    this.#hold(isHeld);
  }
}
