import type { Bytes } from '../bytes.ts';
import { finding } from '../finding.ts';
import type { Finding } from '../finding.ts';
import type { Edges, Format } from '../format.ts';
import { checkVmdkDescriptor } from './check-vmdk-descriptor.ts';
import { sizeOfExtents } from './vmdk-text.ts';

/** A disk in one file: a header, a text that describes it, and the data. */
export const vmdkSparse: Format = {
  name: 'vmdk',
  matches: ({ start }) => start.has('KDMV', 0),
  declaredSize: ({ start }) => largest(capacityOf(start), sizeOfExtents(descriptorOf(start))),
  examine: (image) => ({
    findings: [...headerFindings(image.start), ...checkVmdkDescriptor(descriptorOf(image.start)), ...footerFindings(image)],
  }),
};

const sector = 512;
/** Programs that write a descriptor put it there, in at most this many sectors; QEMU reads so many whatever the header says. */
const descriptorPlace = 1;
const usualSectors = 20;
const mostSectors = 127;

function capacityOf(header: Bytes): bigint | undefined {
  const sectors = header.uint64(12, 'little');
  return sectors === undefined ? undefined : sectors * 512n;
}

/** Programs differ in which of the two they believe. */
function largest(one: bigint | undefined, other: bigint | undefined): bigint | undefined {
  return other === undefined || (one ?? other) > other ? one : other;
}

function descriptorOf(start: Bytes): string {
  const sectors = Number(start.uint64(36, 'little') ?? 0n);
  const area = start.part(descriptorPlace * sector, Math.min(mostSectors, Math.max(usualSectors, sectors)) * sector);
  return area.text(0, area.length) ?? '';
}

function headerFindings(start: Bytes): readonly Finding[] {
  if (start.length < sector) return [finding('vmdk-header', 'the header is cut short')];
  const version = start.uint32(4, 'little') ?? 0;
  const place = start.uint64(28, 'little') ?? 0n;
  const sectors = start.uint64(36, 'little') ?? 0n;
  return [
    ...(version >= 1 && version <= 3 ? [] : [finding('vmdk-header', `the image is vmdk of version ${version}`)]),
    ...(capacityOf(start) === 0n ? [finding('vmdk-header', 'the header describes a disk of no bytes, and leaves that to the text')] : []),
    ...(start.has('\n \r\n', 73) ? [] : [finding('vmdk-header', 'the header was damaged by a transfer as text')]),
    ...(place === BigInt(descriptorPlace) && sectors > 0n && sectors <= mostSectors
      ? []
      : [finding('vmdk-descriptor', `the header places the descriptor at sector ${place}, ${sectors} sectors long`)]),
  ];
}

const gdAtEnd = 0xff_ff_ff_ff_ff_ff_ff_ffn;
const footerMarker = 3;

/** Where the header refers to a copy of itself at the end, that copy is what counts: a marker, the copy, and a last marker. */
function footerFindings({ start, end, size }: Edges): readonly Finding[] {
  if (start.uint64(56, 'little') !== gdAtEnd) return [];
  const at = end.length - 3 * sector;
  const marker = end.part(at, sector);
  const copy = end.part(at + sector, sector);
  const last = end.part(at + 2 * sector, sector);
  const sound =
    at >= 0 &&
    size % sector === 0 &&
    isFooterMarker(marker) &&
    last.isZero() &&
    copied.every(([offset, length]) => copy.part(offset, length).equals(start.part(offset, length)));
  return sound ? [] : [finding('vmdk-footer', 'the footer is missing, damaged, or says other things than the header')];
}

function isFooterMarker(marker: Bytes): boolean {
  return marker.uint32(8, 'little') === 0 && marker.uint32(12, 'little') === footerMarker && marker.part(16).isZero();
}

/** All but the places of the tables, which are why there is a footer. */
const copied = [
  [0, 48],
  [73, 6],
] as const;
