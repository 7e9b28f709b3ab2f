import type { Extent } from '@image-api/host';

/** All that is in the extents, which are in order and apart, or in one more. */
export function withExtent(extents: readonly Extent[], { from, to }: Extent): Extent[] {
  const before = extents.filter((each) => each.to < from);
  const after = extents.filter((each) => each.from > to);
  const touching = extents.slice(before.length, extents.length - after.length);
  const joined = {
    from: Math.min(from, touching[0]?.from ?? from),
    to: Math.max(to, touching.at(-1)?.to ?? to),
  };
  return [...before, joined, ...after];
}

/** What of the first `size` bytes is in none of them. */
export function without(extents: readonly Extent[], size: number): Extent[] {
  const missing: Extent[] = [];
  let at = 0;
  for (const { from, to } of extents) {
    if (from > at) missing.push({ from: at, to: from });
    at = Math.max(at, to);
  }
  return at < size ? [...missing, { from: at, to: size }] : missing;
}

/** Bytes in all of them. */
export function bytesIn(extents: readonly Extent[]): number {
  return extents.reduce((sum, { from, to }) => sum + to - from, 0);
}
