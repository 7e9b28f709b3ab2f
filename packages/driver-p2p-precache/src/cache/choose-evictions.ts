import type { Entry } from './entry.ts';

/** How much may stay. */
export interface Bounds {
  /** Bytes on disk of all entries together. */
  readonly maxSize: number;
  /** What was used more recently stays. */
  readonly minAgeMs: number;
}

/** The entries that have to go, the one that was not used for longest first. Pure. */
export function chooseEvictions(entries: readonly Entry[], { maxSize, minAgeMs }: Bounds, nowMs: number): readonly Entry[] {
  let size = entries.reduce((sum, { allocated }) => sum + allocated, 0);
  const may = entries.filter(({ pinned, usedAtMs }) => !pinned && nowMs - usedAtMs >= minAgeMs);
  const chosen: Entry[] = [];
  for (const entry of may.toSorted((one, other) => one.usedAtMs - other.usedAtMs)) {
    if (size <= maxSize) break;
    chosen.push(entry);
    size -= entry.allocated;
  }
  return chosen;
}
