import type { Edges, Examination, Format, ReadPieces } from '../format.ts';
import { checkVhdxHeaders } from './check-vhdx-headers.ts';
import { readMetadata } from './vhdx-metadata.ts';
import { readRegions } from './vhdx-regions.ts';

const kibibyte = 1024;

/** Hyper-V's newer format. Everything of importance lies deeper in the file, and twice. */
export const vhdx: Format = {
  name: 'vhdx',
  matches: ({ start }) => start.has('vhdxfile', 0),
  declaredSize: () => undefined,
  examine: examineVhdx,
};

const places = {
  first: { offset: 64 * kibibyte, length: 4 * kibibyte },
  second: { offset: 128 * kibibyte, length: 4 * kibibyte },
  table: { offset: 192 * kibibyte, length: 64 * kibibyte },
  copy: { offset: 256 * kibibyte, length: 64 * kibibyte },
};
/** The table of items, and the room behind it in which programs put them. */
const metadataLength = 128 * kibibyte;

async function examineVhdx({ size }: Edges, read: ReadPieces): Promise<Examination> {
  const { first, second, table, copy } = await read(places);
  const regions = readRegions({ table, copy }, size);
  const headerFindings = checkVhdxHeaders([first, second]);
  if (!regions.metadata) return { findings: [...headerFindings, ...regions.findings] };
  const { offset, length } = regions.metadata;
  const { items } = await read({ items: { offset, length: Math.min(length, metadataLength) } });
  const { findings, virtualSize } = readMetadata(items, length);
  return {
    findings: [...headerFindings, ...regions.findings, ...findings],
    ...(virtualSize !== undefined && { declaredSize: virtualSize }),
  };
}
