import type { Extent } from './data-extents.ts';

/** All that is in the one or the other, without overlaps. */
export function together(one: readonly Extent[], other: readonly Extent[]): Extent[] {
  const all = [...one, ...other].toSorted((a, b) => a.from - b.from);
  const joined: Extent[] = [];
  for (const { from, to } of all) {
    const before = joined.at(-1);
    if (before && from <= before.to) joined[joined.length - 1] = { from: before.from, to: Math.max(before.to, to) };
    else joined.push({ from, to });
  }
  return joined;
}
