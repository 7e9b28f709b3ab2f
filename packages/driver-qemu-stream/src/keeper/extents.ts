import type { Extent } from '@image-api/host';

/** What is in one of two lists of extents, or in both. Each list is in order, and so is the answer. */
export function union(one: readonly Extent[], other: readonly Extent[]): Extent[] {
  const all: Extent[] = [];
  for (const { from, to } of [...one, ...other].toSorted((left, right) => left.from - right.from)) {
    const last = all.at(-1);
    if (last && from <= last.to) all[all.length - 1] = { from: last.from, to: Math.max(last.to, to) };
    else if (from < to) all.push({ from, to });
  }
  return all;
}

/** What is in the first list and not in the second. */
export function without(all: readonly Extent[], gone: readonly Extent[]): Extent[] {
  const left: Extent[] = [];
  let index = 0;
  for (const { from, to } of all) {
    let at = from;
    while ((gone[index]?.to ?? Infinity) <= at) index++;
    for (let next = index; at < to; next++) {
      const { from: holeFrom, to: holeTo } = gone[next] ?? { from: to, to };
      if (holeFrom > at) left.push({ from: at, to: Math.min(holeFrom, to) });
      at = Math.max(at, holeTo);
    }
  }
  return left;
}

/** The part between two places. */
export function within(extents: readonly Extent[], from: number, to: number): Extent[] {
  return extents.map((one) => ({ from: Math.max(from, one.from), to: Math.min(to, one.to) })).filter((one) => one.from < one.to);
}

/** Bytes in all. */
export function lengthOf(extents: readonly Extent[]): number {
  return extents.reduce((sum, { from, to }) => sum + to - from, 0);
}
