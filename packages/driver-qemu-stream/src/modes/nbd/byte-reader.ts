import type { Readable } from 'node:stream';

/** Takes what comes through a stream in pieces of given lengths, one after another. */
export class ByteReader {
  readonly #pieces: AsyncIterator<Buffer>;
  #held: Buffer = Buffer.alloc(0);

  constructor(stream: Readable) {
    this.#pieces = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  }

  /**
   * Exactly `length` bytes.
   *
   * @throws Error when the stream ends before they are there
   */
  async take(length: number): Promise<Buffer> {
    const pieces = [this.#held];
    let there = this.#held.length;
    while (there < length) {
      const { value, done } = await this.#pieces.next();
      if (done) throw new Error('the connection was closed');
      pieces.push(value);
      there += value.length;
    }
    const all = pieces.length === 1 ? this.#held : Buffer.concat(pieces, there);
    this.#held = all.subarray(length);
    return all.subarray(0, length);
  }
}
