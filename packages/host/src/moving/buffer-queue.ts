/**
 * A few buffers for many copies: whoever wants to move a piece waits for one, first come, first served. So hundreds of copies at once take
 * no more memory than a few, and leave threads to whatever else this process does with files.
 */
export class BufferQueue {
  readonly #make: () => Uint8Array[];
  #free: Uint8Array[] | undefined;
  readonly #waiting: ((buffer: Uint8Array) => void)[] = [];

  /** @param make the buffers, when the first of them is wanted */
  constructor(make: () => Uint8Array[]) {
    this.#make = make;
  }

  take(): Promise<Uint8Array> {
    this.#free ??= this.#make();
    const buffer = this.#free.pop();
    return buffer ? Promise.resolve(buffer) : new Promise((resolve) => this.#waiting.push(resolve));
  }

  giveBack(buffer: Uint8Array): void {
    const next = this.#waiting.shift();
    if (next) next(buffer);
    else this.#free?.push(buffer);
  }
}
