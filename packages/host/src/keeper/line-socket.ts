import type { Socket } from 'node:net';

const usualLongest = 1024 * 1024;

/** Messages over a socket, each a line of JSON. */
export class LineSocket {
  /** Resolves when the other end is gone, or was let go of. */
  readonly closed: Promise<void>;
  readonly #socket: Socket;

  /** @param longest in characters, more than any message has, so that a peer gone mad cannot fill the memory. Default 1 Mi */
  constructor(socket: Socket, onMessage: (message: unknown) => void, longest: number = usualLongest) {
    this.#socket = socket;
    socket.setEncoding('utf8');
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    let rest = '';
    socket.on('data', (piece: string) => {
      const lines = (rest + piece).split('\n');
      rest = lines.pop() ?? '';
      const messages = lines.map(parsed);
      if (rest.length > longest || messages.includes(undefined)) {
        socket.destroy();
        return;
      }
      for (const message of messages) onMessage(message);
    });
  }

  /** Lost in silence when the other end is gone: `closed` tells. */
  send(message: object): void {
    if (this.#socket.writable) this.#socket.write(`${JSON.stringify(message)}\n`);
  }

  /** What was sent still goes out; resolves when it has. */
  end(): Promise<void> {
    if (this.#socket.destroyed) return Promise.resolve();
    this.#socket.end();
    return Promise.race([this.closed, new Promise<void>((resolve) => this.#socket.once('finish', resolve))]);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Whether our process stays alive for it, which is so at first. */
  keepAlive(wanted: boolean): void {
    if (wanted) this.#socket.ref();
    else this.#socket.unref();
  }
}

function parsed(line: string): unknown {
  try {
    const message: unknown = JSON.parse(line);
    return typeof message === 'object' && message !== null ? message : undefined;
  } catch {
    return undefined;
  }
}
