import { performance } from 'node:perf_hooks';
import type { Extent } from '@image-api/host';
import type { NbdClient } from '../modes/nbd/nbd-client.ts';
import { withExport } from '../modes/nbd/with-export.ts';
import type { ExportServer } from '../modes/nbd/with-export.ts';
import { union } from './extents.ts';

/** Whoever waits for the image must not notice. 64 GiB of holes take less. */
const budgetMs = 500;
/** To the job smaller ones are no work either. */
const smallest = 2 ** 20;
const longestQuestion = 2 ** 31;
const longestMark = 2 ** 30;
/** QEMU's own choice, which nobody changes here. */
const cluster = 64 * 1024;

/**
 * Mark in an overlay as zeros what are holes in its source, as far as there is time. The job that brings the rest then passes them over,
 * where it would read each of them, and charge it to its limit. Only as long as nobody can write to the overlay.
 *
 * @returns what is in the overlay then
 */
export async function markHoles(server: ExportServer, overlay: string): Promise<readonly Extent[]> {
  const endsAtMs = performance.now() + budgetMs;
  const marked: Extent[] = [];
  await withExport(server, overlay, true, async (client) => {
    for (let offset = 0; offset < client.size && performance.now() < endsAtMs;) {
      const stretches = await client.blockStatus(offset, Math.min(longestQuestion, client.size - offset));
      for (const { length, isZero } of stretches) {
        const end = Math.min(offset + length, client.size);
        if (isZero && end - offset >= smallest) marked.push({ from: offset, to: await mark(client, offset, end, endsAtMs) });
        offset = end;
      }
      if (stretches.every(({ length }) => length === 0)) return;
    }
  });
  return union(marked.filter(({ from, to }) => from < to).map(inClusters), []);
}

async function mark(client: NbdClient, from: number, to: number, endsAtMs: number): Promise<number> {
  let at = from;
  for (; at < to && performance.now() < endsAtMs; at = Math.min(to, at + longestMark))
    await client.writeZeroes(at, Math.min(longestMark, to - at));
  return at;
}

/** Of a cluster that is not a hole as a whole, the rest comes along. */
function inClusters({ from, to }: Extent): Extent {
  return { from: Math.floor(from / cluster) * cluster, to: Math.ceil(to / cluster) * cluster };
}
