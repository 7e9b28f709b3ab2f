import type { Socket } from 'node:net';

const most = 64 * 1024;

/** What a socket receives, taken in pieces; only one may take at a time. */
export class IncomingBytes {
  readonly #socket: Socket;
  #wake: () => void = () => undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    // Listened to once for all: to one who begins to listen, Node tells what it has told already.
    for (const event of ['readable', 'end', 'close']) socket.on(event, () => this.#wake());
  }

  /**
   * Exactly so many bytes. Keep the number small: they are gathered in memory.
   *
   * @throws Error when the socket ends before that
   */
  async take(length: number): Promise<Buffer> {
    if (length === 0) return Buffer.alloc(0);
    for (;;) {
      const bytes: unknown = this.#socket.read(length);
      if (bytes instanceof Buffer && bytes.length === length) return bytes;
      if (bytes !== null || this.#socket.destroyed || this.#socket.readableEnded) throw new Error('the other side left');
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  /** Let so many bytes go by. */
  async skip(length: number): Promise<void> {
    for (let left = length; left > 0; left -= most) await this.take(Math.min(left, most));
  }
}
