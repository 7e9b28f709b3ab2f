import type { Extent } from '@image-api/host';

/** What is hashed in one go: bytes that are read, or the zeros of a hole. `to` is the first byte after it. */
export interface Part extends Extent {
  readonly hole: boolean;
}

/** How long a part may be, in bytes. */
export interface Longest {
  readonly data: number;
  readonly hole: number;
}

/** An image from its first byte to its last. @param extents where there is data, in order */
export function* partsOf(size: number, extents: readonly Extent[], longest: Longest): Generator<Part> {
  let at = 0;
  for (const { from, to } of extents) {
    yield* cut(at, from, longest.hole, true);
    yield* cut(from, to, longest.data, false);
    at = to;
  }
  yield* cut(at, size, longest.hole, true);
}

function* cut(from: number, to: number, length: number, hole: boolean): Generator<Part> {
  for (let at = from; at < to; at += length) yield { from: at, to: Math.min(to, at + length), hole };
}
