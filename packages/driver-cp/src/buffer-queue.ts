import { alignedBuffers } from './aligned-buffers.ts';

/**
 * A few buffers for many copies: whoever wants to move a piece waits for one, first come, first served. So hundreds of copies at once take
 * no more memory than a few, and leave threads to whatever else this process does with files.
 */
export class BufferQueue {
  readonly #count: number;
  #free: Uint8Array[] | undefined;
  readonly #waiting: ((buffer: Uint8Array) => void)[] = [];

  constructor(count: number) {
    this.#count = count;
  }

  take(): Promise<Uint8Array> {
    this.#free ??= alignedBuffers(this.#count);
    const buffer = this.#free.pop();
    return buffer ? Promise.resolve(buffer) : new Promise((resolve) => this.#waiting.push(resolve));
  }

  giveBack(buffer: Uint8Array): void {
    const next = this.#waiting.shift();
    if (next) next(buffer);
    else this.#free?.push(buffer);
  }
}
