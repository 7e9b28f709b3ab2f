import type { Bytes } from '../bytes.ts';
import { finding } from '../finding.ts';
import type { Finding } from '../finding.ts';
import type { ByteRange } from '../image-source.ts';
import { guid } from './guid.ts';

export interface Metadata {
  /** Size of the disk in bytes. */
  readonly virtualSize?: bigint;
  readonly findings: readonly Finding[];
}

interface Item extends ByteRange {
  readonly id: string;
  readonly ofUser: boolean;
  readonly required: boolean;
}

const parameters = 'caa16737-fa36-4d43-b3b6-33f0aa44e76b';
const virtualDiskSize = '2fa54224-cd1b-4876-b211-5dbed83bf4b8';
const parentLocator = 'a8d35f2d-b30b-454d-abf7-d3d84834ab0c';
const known = [
  parameters,
  virtualDiskSize,
  parentLocator,
  'beca12ab-b2e6-4523-93ef-c309e000c746', // Identity of the disk.
  '8141bf1d-a96f-4709-ba47-f233a8faab5f', // Sizes of its sectors, as a guest sees them
  'cda348c7-445d-4471-9cc9-e9885251c556', // and as they are.
];

const tableLength = 65_536;
const mostEntries = 2047;

/**
 * Read what the image says of itself, and judge it.
 *
 * @param bytes the beginning of the region it stands in: the table, and as much of what follows as programs use
 * @param length of the whole region, in bytes
 */
export function readMetadata(bytes: Bytes, length: number): Metadata {
  const count = bytes.uint16(10, 'little') ?? 0;
  if (!bytes.has('metadata', 0)) return { findings: [broken('are not where they should be')] };
  if (count > mostEntries) return { findings: [broken(`are said to be ${count}`)] };
  const items = Array.from({ length: count }, (_, index) => readItem(bytes.part(32 + index * 32, 32)));
  const virtualSize = valueOf(virtualDiskSize, items, bytes)?.uint64(0, 'little');
  return {
    ...(virtualSize !== undefined && { virtualSize }),
    findings: [...checkItems(items, length), ...valueFindings(virtualSize, items, bytes), ...parentFindings(items, bytes)],
  };
}

function readItem(entry: Bytes): Item {
  const flags = entry.uint32(24, 'little') ?? 0;
  return {
    id: guid(entry, 0),
    offset: entry.uint32(16, 'little') ?? 0,
    length: entry.uint32(20, 'little') ?? 0,
    ofUser: (flags & 1) !== 0,
    required: (flags & 4) !== 0,
  };
}

function checkItems(items: readonly Item[], length: number): readonly Finding[] {
  const ids = items.map(({ id, ofUser }) => `${id} ${ofUser}`);
  const unknown = items.find(({ id, required }) => required && !known.includes(id));
  const outside = items.find((item) => item.length > 0 && (item.offset < tableLength || item.offset + item.length > length));
  return [
    ...(new Set(ids).size < ids.length ? [broken('name an item twice')] : []),
    ...(unknown ? [broken(`demand the unknown item ${unknown.id}`)] : []),
    ...(outside ? [broken(`place an item at ${outside.offset}, where none can be`)] : []),
  ];
}

function valueOf(wanted: string, items: readonly Item[], bytes: Bytes): Bytes | undefined {
  const item = items.find(({ id, ofUser }) => id === wanted && !ofUser);
  return item && bytes.part(item.offset, item.length);
}

function valueFindings(virtualSize: bigint | undefined, items: readonly Item[], bytes: Bytes): readonly Finding[] {
  const told = virtualSize !== undefined && flagsOf(items, bytes) !== undefined;
  return told ? [] : [broken('do not tell how large the disk is and of which kind')];
}

/** The block size, then flags. */
function flagsOf(items: readonly Item[], bytes: Bytes): number | undefined {
  return valueOf(parameters, items, bytes)?.uint32(4, 'little');
}

const hasParent = 2;

function parentFindings(items: readonly Item[], bytes: Bytes): readonly Finding[] {
  const located = items.some(({ id }) => id === parentLocator);
  const flagged = ((flagsOf(items, bytes) ?? 0) & hasParent) !== 0;
  return located || flagged ? [finding('vhdx-parent', 'the image is a layer over another one')] : [];
}

function broken(how: string): Finding {
  return finding('vhdx-metadata', `the items that describe the disk ${how}`);
}
