import type { Extent } from '@image-api/host';

/** A part of the image that is moved at once: `runs` are what of it is data, in bytes of the image. */
export interface Piece {
  readonly from: number;
  readonly to: number;
  readonly runs: readonly Extent[];
}

/**
 * Cut data into pieces, front to back. A piece ends where a multiple of its length is, so that two pieces under way never share a page of
 * memory, whatever its size.
 *
 * @param lengthNow asked before each piece: a power of two
 */
export function* piecesOf(extents: readonly Extent[], lengthNow: () => number): Generator<Piece, void, undefined> {
  let index = 0;
  for (let at = 0; ;) {
    while (index < extents.length && (extents[index]?.to ?? 0) <= at) index += 1;
    const next = extents[index];
    if (!next) return;
    at = Math.max(at, next.from);
    const length = lengthNow();
    const end = (Math.floor(at / length) + 1) * length;
    const runs = runsWithin(extents, index, at, end);
    const to = runs.at(-1)?.to ?? end;
    yield { from: at, to, runs };
    at = to;
  }
}

function runsWithin(extents: readonly Extent[], first: number, from: number, to: number): Extent[] {
  const runs: Extent[] = [];
  for (let index = first; index < extents.length; index++) {
    const extent = extents[index];
    if (!extent || extent.from >= to) break;
    runs.push({ from: Math.max(from, extent.from), to: Math.min(to, extent.to) });
  }
  return runs;
}

/** Bytes in all of them. */
export function bytesIn(extents: readonly Extent[]): number {
  return extents.reduce((sum, { from, to }) => sum + to - from, 0);
}
