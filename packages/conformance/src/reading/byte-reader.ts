import type { Socket } from 'node:net';

/** Read exactly so many bytes at a time from a socket. One reader at a time. */
export class ByteReader {
  #held = Buffer.alloc(0);
  #ended = false;
  #wake: () => void = () => undefined;

  constructor(socket: Socket) {
    socket.on('data', (piece) => {
      this.#held = Buffer.concat([this.#held, piece]);
      this.#wake();
    });
    for (const event of ['end', 'error', 'close']) {
      socket.on(event, () => {
        this.#ended = true;
        this.#wake();
      });
    }
  }

  /** @throws Error when the connection ends before */
  async take(length: number): Promise<Buffer> {
    while (this.#held.length < length) {
      if (this.#ended) throw new Error(`the connection ended ${length - this.#held.length} bytes too early`);
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    const taken = this.#held.subarray(0, length);
    this.#held = this.#held.subarray(length);
    return taken;
  }
}
