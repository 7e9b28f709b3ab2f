import { performance } from 'node:perf_hooks';
import type { Writable } from 'node:stream';
import type { OnPiece, PieceReader } from './piece-reader.ts';
import type { TokenBucket } from './token-bucket.ts';

/** Carries bytes one way, as fast as a token bucket and who takes them allow. */
export class Carrier {
  /** Bytes handed on. */
  moved = 0;
  /** `ended`: all there was is handed on. `refused`: nobody takes it any more. */
  readonly done: Promise<'ended' | 'refused'>;
  readonly #bucket: TokenBucket;
  readonly #to: Writable;
  readonly #reader: PieceReader;
  #rest: Uint8Array = new Uint8Array();
  #writing = false;
  #timer: NodeJS.Timeout | undefined;
  #finish: (how: 'ended' | 'refused') => void = () => undefined;
  #sourceEnded = false;

  constructor(read: (onPiece: OnPiece) => PieceReader, to: Writable, bucket: TokenBucket) {
    this.#bucket = bucket;
    this.#to = to;
    this.done = new Promise((resolve) => (this.#finish = resolve));
    to.on('error', () => this.#finish('refused'));
    to.once('close', () => this.#finish('refused'));
    this.#reader = read((piece) => {
      this.#rest = piece;
      return this.#carry();
    });
    void this.#reader.ended.then(() => this.#sourceOver());
  }

  /** Whether a piece is still on its way through here. */
  get holds(): boolean {
    return this.#rest.length > 0 || this.#writing;
  }

  /** Look at once what the bucket says now, instead of when it was to be asked again. */
  settingsChanged(): void {
    if (this.#rest.length > 0 && !this.#writing) this.#goOn();
  }

  #sourceOver(): void {
    this.#sourceEnded = true;
    if (!this.holds) this.#finish('ended');
  }

  #goOn(): void {
    if (!this.#carry()) return;
    if (this.#sourceEnded) this.#finish('ended');
    else this.#reader.resume();
  }

  /** True when all of the piece is out of our hands. */
  #carry(): boolean {
    clearTimeout(this.#timer);
    while (this.#rest.length > 0) {
      const now = performance.now();
      const length = this.#bucket.take(this.#rest.length, now);
      if (length === 0) {
        this.#askAgainIn(this.#bucket.waitMs(this.#rest.length, now));
        return false;
      }
      const piece = this.#rest.subarray(0, length);
      this.#rest = this.#rest.subarray(length);
      this.moved += length;
      if (!this.#write(piece)) return false;
    }
    return true;
  }

  /** True when the kernel took all of it at once, so that the buffer can be used again. */
  #write(piece: Uint8Array): boolean {
    this.#to.write(piece, () => {
      if (!this.#writing || this.#to.writableLength > 0) return;
      this.#writing = false;
      this.#goOn();
    });
    this.#writing = this.#to.writableLength > 0;
    return !this.#writing;
  }

  #askAgainIn(ms: number): void {
    if (ms !== Infinity) this.#timer = setTimeout(() => this.#goOn(), Math.ceil(ms));
  }
}
