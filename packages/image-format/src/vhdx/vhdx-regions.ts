import type { Bytes } from '../bytes.ts';
import { finding } from '../finding.ts';
import type { Finding } from '../finding.ts';
import type { ByteRange } from '../image-source.ts';
import { hasRightChecksum } from './check-vhdx-headers.ts';
import { guid } from './guid.ts';

export interface Regions {
  /** Where the metadata is; `undefined` where it cannot be told. */
  readonly metadata?: ByteRange;
  readonly findings: readonly Finding[];
}

interface Region extends ByteRange {
  readonly id: string;
  readonly required: boolean;
}

const metadataId = '8b7ca206-4790-4b9a-b8fe-575f050f886e';
const blocksId = '2dc27766-f623-4200-9d64-115e9bfd4a08';
const mebibyte = 2 ** 20;
const mostEntries = 2047;

/** Read the table that says where the parts of the image lie, and judge it. It is there twice, and programs differ in which they read. */
export function readRegions({ table, copy }: { readonly table: Bytes; readonly copy: Bytes }, size: number): Regions {
  const count = table.uint32(8, 'little') ?? 0;
  if (!table.has('regi', 0) || !hasRightChecksum(table)) return { findings: [broken('is damaged')] };
  if (!table.equals(copy)) return { findings: [broken('differs from its copy')] };
  if (count > mostEntries) return { findings: [broken(`is said to have ${count} entries`)] };
  const regions = Array.from({ length: count }, (_, index) => readEntry(table.part(16 + index * 32, 32)));
  const metadata = regions.find(({ id }) => id === metadataId);
  const findings = checkRegions(regions, size);
  return { ...(metadata && findings.length === 0 && { metadata }), findings };
}

function readEntry(entry: Bytes): Region {
  return {
    id: guid(entry, 0),
    offset: Number(entry.uint64(16, 'little') ?? 0n),
    length: entry.uint32(24, 'little') ?? 0,
    required: ((entry.uint32(28, 'little') ?? 0) & 1) === 1,
  };
}

function checkRegions(regions: readonly Region[], size: number): readonly Finding[] {
  const ids = regions.map(({ id }) => id);
  const unknown = regions.find(({ id, required }) => required && id !== metadataId && id !== blocksId);
  const outside = regions.find(({ offset, length }) => offset < mebibyte || offset % mebibyte !== 0 || offset + length > size);
  return [
    ...(new Set(ids).size < ids.length ? [broken('names a part twice')] : []),
    ...(ids.includes(metadataId) && ids.includes(blocksId) ? [] : [broken('does not name all parts')]),
    ...(unknown ? [broken(`demands the unknown part ${unknown.id}`)] : []),
    ...(outside ? [broken(`places a part at ${outside.offset}, where none can be`)] : []),
  ];
}

function broken(how: string): Finding {
  return finding('vhdx-regions', `the table of the parts of the image ${how}`);
}
