import type { Extent } from '../data-extents.ts';

/** How finely data is told from what need not be written. */
export const granule: number = 65_536;
/** What goes past the page cache must begin and end at a multiple of this, on any disk. */
export const blockLength: number = 4096;
/** Waiting for the disk after less than this takes longer than to let the system gather it. */
const shortestDirect = 32_768;

/** Bytes to write, and whether past the page cache. */
export interface Write extends Extent {
  readonly direct: boolean;
}

/** What of the runs is not known to be there already. @param isThere asked for each granule, in bytes of the image */
export function missingIn(runs: readonly Extent[], isThere: (granule: Extent) => boolean): Extent[] {
  const missing: Extent[] = [];
  for (const run of runs) {
    for (let from = run.from; from < run.to;) {
      const to = Math.min(run.to, (Math.floor(from / granule) + 1) * granule);
      const before = missing.at(-1);
      if (!isThere({ from, to })) {
        if (before?.to === from) missing[missing.length - 1] = { from: before.from, to };
        else missing.push({ from, to });
      }
      from = to;
    }
  }
  return missing;
}

/** The same bytes as writes: those past the page cache are of whole blocks, what is short or left over is not. */
export function writesFor(runs: readonly Extent[], mayBeDirect: boolean): Write[] {
  return runs.flatMap((run) => {
    const from = Math.ceil(run.from / blockLength) * blockLength;
    const to = Math.floor(run.to / blockLength) * blockLength;
    if (!mayBeDirect || to - from < shortestDirect) return [{ ...run, direct: false }];
    const parts: Write[] = [
      { from: run.from, to: from, direct: false },
      { from, to, direct: true },
      { from: to, to: run.to, direct: false },
    ];
    return parts.filter((part) => part.from < part.to);
  });
}
