import { ImageError } from '@image-api/driver';
import { allocationOf } from '@image-api/host';
import type { Extent, RangeReader } from '@image-api/host';
import { ReadPattern } from './read-pattern.ts';
import { windowFor } from './read-window.ts';

const pieceLength = 512 * 1024;
/** What was read ahead and not fetched stays for a while, but no more than so many pieces. */
const mostPieces = 48;
/** How much the rate of reads before the last one counts. */
const fading = 0.9;

/** What can be served. */
export type ServedRange = Pick<RangeReader, 'size' | 'read'> & Required<Pick<RangeReader, 'extents'>>;

interface Piece {
  readonly bytes: Promise<Uint8Array>;
  readonly fetching: AbortController;
  /** Reads that wait for it. */
  waiting: number;
}

/**
 * Reads ahead of whoever reads in order, so that a link with a long way is filled by one who asks for one piece after the other. Whoever reads
 * here and there gets exactly what was asked for, and nothing is read in vain.
 */
export class ReadAhead implements ServedRange {
  readonly #reader: RangeReader;
  #extents: readonly Extent[] | undefined;
  readonly #pattern = new ReadPattern();
  /** By number, the one asked for last at the end. */
  readonly #pieces = new Map<number, Piece>();
  #underWay = 0;
  #takenBytes = 0;
  #takenMs = 0;
  #delayMs = 0;
  #takenAt = performance.now();

  constructor(reader: RangeReader) {
    this.#reader = reader;
    void this.extents().then((extents) => (this.#extents = extents));
  }

  get size(): number {
    return this.#reader.size;
  }

  extents(): Promise<readonly Extent[] | undefined> {
    return this.#reader.extents?.() ?? Promise.resolve(undefined);
  }

  async read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array> {
    const first = Math.floor(offset / pieceLength);
    const last = Math.floor((offset + length - 1) / pieceLength);
    const isNext = this.#pattern.isNext(offset, length);
    if (!isNext && !this.#has(first, last)) return this.#reader.read(offset, length, signal);
    const pieces = await abortable(this.#together(first, last, isNext), signal);
    this.#note(length);
    this.#forget(first, Math.floor((offset + length) / pieceLength));
    return cut(pieces, offset - first * pieceLength, length);
  }

  /** Nobody wants any of it any more. */
  drop(): void {
    for (const number of this.#pieces.keys()) this.#evict(number);
  }

  #has(first: number, last: number): boolean {
    for (let number = first; number <= last; number++) if (!this.#pieces.has(number)) return false;
    return true;
  }

  /** What is wanted goes first, then what is likely to be. */
  async #together(first: number, last: number, isNext: boolean): Promise<readonly Uint8Array[]> {
    const wanted: Piece[] = [];
    for (let number = first; number <= last; number++) wanted.push(this.#piece(number));
    for (const piece of wanted) piece.waiting++;
    if (isNext) this.#lookAhead(last);
    try {
      return await Promise.all(wanted.map(({ bytes }) => bytes));
    } finally {
      for (const piece of wanted) piece.waiting--;
    }
  }

  #lookAhead(last: number): void {
    const window = windowFor({ bytesPerMs: this.#takenBytes / Math.max(1, this.#takenMs), delayMs: this.#delayMs, pieceLength });
    const end = Math.min(last + Math.ceil(window / pieceLength), Math.ceil(this.#reader.size / pieceLength) - 1);
    for (let number = last + 1; number <= end; number++) if (this.#hasData(number)) this.#piece(number);
    for (const [number, { waiting }] of this.#pieces) {
      if (this.#pieces.size <= mostPieces) break;
      if (waiting === 0) this.#evict(number);
    }
  }

  #hasData(number: number): boolean {
    return allocationOf(this.#extents, number * pieceLength, pieceLength).some(({ isHole }) => !isHole);
  }

  #piece(number: number): Piece {
    const known = this.#pieces.get(number);
    const piece = known ?? this.#fetch(number);
    this.#pieces.delete(number);
    this.#pieces.set(number, piece);
    return piece;
  }

  #fetch(number: number): Piece {
    const fetching = new AbortController();
    const offset = number * pieceLength;
    const startedAt = performance.now();
    const hadToItself = this.#underWay++ === 0;
    const came = this.#reader.bytesRead;
    const bytes = this.#reader.read(offset, Math.min(pieceLength, this.#reader.size - offset), fetching.signal);
    const piece = { bytes, fetching, waiting: 0 };
    const arrived = (): void => {
      this.#underWay--;
      // Holes come at once, and say nothing of the link.
      if (this.#reader.bytesRead - came < pieceLength / 2) return;
      const delayMs = performance.now() - startedAt;
      this.#delayMs = hadToItself || this.#delayMs === 0 ? delayMs : Math.min(this.#delayMs, delayMs);
    };
    bytes.then(arrived, () => {
      this.#underWay--;
      // Whoever wants it tries again.
      if (this.#pieces.get(number) === piece) this.#pieces.delete(number);
    });
    return piece;
  }

  /** Bytes and time apart: of pieces that come in bursts each would look fast. */
  #note(length: number): void {
    const now = performance.now();
    this.#takenBytes = fading * this.#takenBytes + length;
    this.#takenMs = fading * this.#takenMs + now - this.#takenAt;
    this.#takenAt = now;
  }

  /** What was read to its end will not be read again: whoever has it keeps it. */
  #forget(first: number, end: number): void {
    for (let number = first; number < end; number++) if (this.#pieces.get(number)?.waiting === 0) this.#pieces.delete(number);
  }

  #evict(number: number): void {
    const piece = this.#pieces.get(number);
    this.#pieces.delete(number);
    piece?.fetching.abort(
      new ImageError(`what was read ahead of ${this.#reader.name} is not wanted`, { code: 'CANCELLED', origin: 'core' }),
    );
  }
}

/** Whoever goes away does not wait for what others may still want. */
async function abortable<T>(waiting: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return waiting;
  let give: () => void = () => undefined;
  const gone = new Promise<never>((_, reject) => {
    give = () => reject(new ImageError('reading was cancelled', { code: 'CANCELLED', origin: 'caller', cause: signal.reason }));
  });
  waiting.catch(() => undefined);
  signal.addEventListener('abort', give);
  if (signal.aborted) give();
  try {
    return await Promise.race([waiting, gone]);
  } finally {
    signal.removeEventListener('abort', give);
  }
}

function cut(pieces: readonly Uint8Array[], skip: number, length: number): Uint8Array {
  const [only] = pieces;
  if (only && pieces.length === 1) return only.subarray(skip, skip + length);
  const bytes = Buffer.allocUnsafe(length);
  let at = -skip;
  for (const piece of pieces) {
    const part = piece.subarray(Math.max(0, -at), length - at);
    bytes.set(part, Math.max(0, at));
    at += piece.length;
  }
  return bytes;
}
