import type { Extent } from './data-extents.ts';

/** A piece that is all data, or all hole. */
export interface AllocatedPiece {
  readonly offset: number;
  readonly length: number;
  readonly isHole: boolean;
}

/** Take a piece apart into data and holes. What is not known is data. */
export function allocationOf(extents: readonly Extent[] | undefined, offset: number, length: number): readonly AllocatedPiece[] {
  if (!extents) return [{ offset, length, isHole: false }];
  const end = offset + length;
  const pieces: AllocatedPiece[] = [];
  let at = offset;
  for (let index = firstBehind(extents, offset); at < end; index++) {
    const { from, to } = extents[index] ?? { from: end, to: end };
    if (from > at) pieces.push({ offset: at, length: Math.min(from, end) - at, isHole: true });
    const start = Math.max(at, from);
    if (start < end) pieces.push({ offset: start, length: Math.min(to, end) - start, isHole: false });
    at = Math.max(at, to);
  }
  return pieces;
}

/** The first extent that ends behind a place. They are in order, and may be a million. */
function firstBehind(extents: readonly Extent[], offset: number): number {
  let [low, high] = [0, extents.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((extents[middle]?.to ?? 0) > offset) high = middle;
    else low = middle + 1;
  }
  return low;
}
