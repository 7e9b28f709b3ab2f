import type { Counters } from '@image-api/driver';
import { bytesIn } from './pieces.ts';
import type { Piece } from './pieces.ts';

/** Counts what pieces that are under way at the same time have done; never goes down. */
export class Tally {
  readonly #size: number;
  readonly #underWay = new Set<Piece>();
  /** Where the last piece that was begun ends. */
  #end: number;
  #read = 0;
  #skipped = 0;

  /** @param from where in the image counting begins */
  constructor(size: number, from = 0) {
    this.#size = size;
    this.#end = from;
  }

  begin(piece: Piece): void {
    this.#skipped += piece.from - this.#end;
    this.#end = piece.to;
    this.#underWay.add(piece);
  }

  /** @param written of the bytes that were read; the others were there already */
  done(piece: Piece, written: number): void {
    this.#underWay.delete(piece);
    this.#read += bytesIn(piece.runs);
    this.#skipped += piece.to - piece.from - written;
  }

  /** All before the first piece that is still under way is there. */
  get counters(): Counters {
    const position = Math.min(this.#end, ...[...this.#underWay].map(({ from }) => from));
    return { bytesLogical: position, bytesRead: this.#read, bytesSent: 0, bytesSkipped: this.#skipped };
  }

  /** After the last piece nothing but a hole follows. */
  get finalCounters(): Counters {
    const { bytesRead, bytesSkipped } = this.counters;
    return { bytesLogical: this.#size, bytesRead, bytesSent: 0, bytesSkipped: bytesSkipped + this.#size - this.#end };
  }
}

/** The end of a clone: the image is there, and no byte of it was read or moved. */
export function cloneCounters(size: number): Counters {
  return { bytesLogical: size, bytesRead: 0, bytesSent: 0, bytesSkipped: size };
}

/** The end of a copy onto a device: all of it was written, zeros for holes. */
export function deviceCounters(size: number): Counters {
  return { bytesLogical: size, bytesRead: size, bytesSent: 0, bytesSkipped: 0 };
}
