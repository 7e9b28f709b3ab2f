import type { Extent } from '@image-api/host';
import { bytesIn } from './extents.ts';

const mebibyte = 2 ** 20;
const shortest = 4 * mebibyte;
const longest = 64 * mebibyte;

/**
 * What is still to be fetched, handed out front to back, a span for one request at a time: long ones while much is left, so that there are
 * few requests, and shorter ones towards the end, so that all connections have something to do until it comes.
 */
export class Spans {
  readonly #missing: Extent[];
  readonly #lengthFor: (left: number) => number;

  /** @param lengthFor how long the next span may be, by how much is left */
  constructor(missing: readonly Extent[], lengthFor: (left: number) => number) {
    this.#missing = [...missing];
    this.#lengthFor = lengthFor;
  }

  next(): Extent | undefined {
    const [first] = this.#missing;
    if (!first) return undefined;
    const length = this.#lengthFor(bytesIn(this.#missing));
    // Ends on a boundary, so that no piece is shared by two.
    const end = Math.min(first.to, (Math.floor(first.from / mebibyte) + Math.max(1, Math.floor(length / mebibyte))) * mebibyte);
    if (end === first.to) this.#missing.shift();
    else this.#missing[0] = { from: end, to: first.to };
    return { from: first.from, to: end };
  }

  /** Of a span that was not fetched to its end. */
  giveBack(extent: Extent): void {
    if (extent.from < extent.to) this.#missing.unshift(extent);
  }
}

/** The length of a span where so many connections share what is left, in bytes. */
export function spanLength(left: number, connections: number): number {
  return Math.min(longest, Math.max(shortest, left / (2 * connections)));
}
