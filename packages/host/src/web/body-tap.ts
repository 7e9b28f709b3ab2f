import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { letGo } from '../let-go.ts';
import { canTakeOver, takeOver } from './read-in-gulps.ts';
import { connectionFailure, silence } from './web-error.ts';

/** Slower than that a server is not waited for: bytes per second. */
const slowest = 1024;

/** A shorter body leaves its connection to the next one. */
const worthTakingOver = 8 * 2 ** 20;

/** Where bytes go, and how many are there. */
export interface Filling {
  readonly bytes: Uint8Array;
  filled: number;
}

/** How long to wait, and until when. */
export interface Receiving {
  /** For messages. */
  readonly name: string;
  readonly silenceMs: number;
  readonly signal: AbortSignal;
}

/** The body of an answer, taken in as far as somebody has room for it. What nobody asks for stays with the server. */
export class BodyTap {
  readonly #response: IncomingMessage;
  /** What is stopped and started: the answer, or the connection itself. */
  readonly #flow: Pick<Readable, 'pause' | 'resume'>;
  /** Came when nobody had room. */
  readonly #early: Uint8Array[] = [];
  #room: Filling | undefined;
  #ended = false;
  #closed = false;
  #failure: unknown;
  #lastAt = 0;
  #wake: () => void = () => undefined;

  constructor(response: IncomingMessage) {
    this.#response = response;
    response.once('end', () => (this.#ended = true));
    response.once('error', (error) => (this.#failure = error));
    response.once('close', () => {
      this.#closed = true;
      this.#wake();
    });
    const length = plainLength(response);
    const isLong = length !== undefined && length >= worthTakingOver && canTakeOver(response.socket);
    this.#flow = isLong ? response.socket : response;
    if (isLong) this.#takeOver(length);
    else response.on('data', (piece: Buffer) => this.#takeOnce(piece));
    this.#flow.pause();
  }

  /**
   * Take in what comes next, until all is filled. What came stays, however it ends.
   *
   * @returns false when the body came to its proper end before
   * @throws ImageError retryable when the connection was lost or too little came
   */
  async takeInto(into: Filling, { name, silenceMs, signal }: Receiving): Promise<boolean> {
    this.#room = into;
    this.#takeEarly();
    if (!this.#isOver(into)) await this.#wait(into, { name, silenceMs, signal });
    this.#room = undefined;
    if (into.filled === into.bytes.length) return true;
    if (this.#ended) return false;
    throw connectionFailure(name, this.#failure ?? new Error('it ended too early'));
  }

  /** The connection is of no use any more where the body has not come to its end. */
  close(): void {
    this.#response.destroy();
  }

  #isOver({ bytes, filled }: Filling): boolean {
    return filled === bytes.length || this.#closed;
  }

  #wait(into: Filling, { name, silenceMs, signal }: Receiving): Promise<void> {
    const startedAt = (this.#lastAt = performance.now());
    const longestMs = silenceMs + ((into.bytes.length - into.filled) / slowest) * 1000;
    return new Promise((resolve) => {
      const end = (): void => void this.#response.destroy(new Error('given up'));
      const watch = setInterval(
        () => {
          const now = performance.now();
          if (now - this.#lastAt > silenceMs || now - startedAt > longestMs) this.#response.destroy(silence(name, silenceMs));
        },
        Math.min(1000, silenceMs / 4),
      );
      this.#wake = () => {
        if (!this.#isOver(into)) return;
        clearInterval(watch);
        signal.removeEventListener('abort', end);
        resolve();
      };
      signal.addEventListener('abort', end);
      if (signal.aborted) end();
      this.#flow.resume();
    });
  }

  #takeEarly(): void {
    for (const piece of this.#early.splice(0)) this.#takeOnce(piece);
  }

  /** Of memory that nobody uses again. */
  #takeOnce(piece: Uint8Array): void {
    this.#take(piece);
    letGo(piece);
  }

  /** So long a body is worth a connection. What of it came with the beginning of the answer has been through the parser. */
  #takeOver(length: number): void {
    const came = (this.#response.read() ?? Buffer.alloc(0)) as Buffer;
    let left = length - came.length;
    if (came.length > 0) this.#early.push(came);
    takeOver(this.#response.socket, (piece) => {
      left -= piece.length;
      if (left <= 0) this.#ended = true;
      this.#take(piece);
      if (left <= 0) this.#response.destroy();
    });
  }

  #take(piece: Uint8Array): void {
    this.#lastAt = performance.now();
    const room = this.#room;
    const free = room ? room.bytes.length - room.filled : 0;
    if (piece.length > free) {
      // What it lies in may be used again.
      this.#early.push(new Uint8Array(piece.subarray(free)));
      // What fills the room exactly is most often followed by somebody with more of it, before the next piece comes.
      if (free === 0) this.#flow.pause();
    }
    if (!room || free === 0) return;
    room.bytes.set(piece.length > free ? piece.subarray(0, free) : piece, room.filled);
    room.filled += Math.min(piece.length, free);
    if (room.filled === room.bytes.length) this.#wake();
  }
}

/** Of a body that is nothing but its bytes. */
function plainLength({ headers }: IncomingMessage): number | undefined {
  const length = headers['content-length'];
  return length === undefined || headers['transfer-encoding'] !== undefined ? undefined : Number(length);
}
