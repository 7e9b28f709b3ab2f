import type { NbdClient } from './nbd-client.ts';

/** A stretch that may hold data, in bytes. */
export interface DataExtent {
  readonly offset: number;
  readonly length: number;
}

/** One question covers at most this much: lengths have 32 bits, and a round number of clusters is right for all formats. */
const longestQuestion = 2 ** 31;

/** Everything in an export that is not known to be zeros, in order, neighbours put together. */
export async function dataExtents(client: Pick<NbdClient, 'size' | 'blockStatus'>): Promise<DataExtent[]> {
  const extents: DataExtent[] = [];
  for (let offset = 0; offset < client.size;) {
    const stretches = await client.blockStatus(offset, Math.min(longestQuestion, client.size - offset));
    for (const { length, isZero } of stretches) {
      const taken = Math.min(length, client.size - offset);
      if (!isZero) append(extents, { offset, length: taken });
      offset += taken;
    }
    if (stretches.every(({ length }) => length === 0)) throw new Error('the server does not say where data is');
  }
  return extents;
}

function append(extents: DataExtent[], { offset, length }: DataExtent): void {
  const last = extents.at(-1);
  if (last && last.offset + last.length === offset) extents[extents.length - 1] = { offset: last.offset, length: last.length + length };
  else extents.push({ offset, length });
}
