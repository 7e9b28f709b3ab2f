import type { Bytes } from '../bytes.ts';
import { finding } from '../finding.ts';
import type { Finding } from '../finding.ts';
import type { Edges } from '../format.ts';

const footerLength = 512;

/** The copy that disks which grow begin with; told by its cookie alone. */
export function footerAtStart({ start }: Edges): Bytes | undefined {
  return isFooter(start) ? start.part(0, footerLength) : undefined;
}

/** The footer itself, told by its cookie alone. Very old ones lack their last byte. */
export function footerAtEnd({ end }: Edges): Bytes | undefined {
  return [footerLength, footerLength - 1].map((length) => end.part(end.length - length, length)).find(isFooter);
}

function isFooter(bytes: Bytes): boolean {
  return bytes.has('conectix', 0);
}

export const diskTypes = { fixed: 2, dynamic: 3, differencing: 4 } as const;

export function diskType(footer: Bytes): number | undefined {
  return footer.uint32(60, 'big');
}

/** The size a guest sees, in bytes. */
export function currentSize(footer: Bytes | undefined): bigint | undefined {
  return footer?.uint64(48, 'big');
}

/** Judge a footer by itself. */
export function checkFooter(footer: Bytes): readonly Finding[] {
  if (footer.length < footerLength) return [finding('vhd-footer', 'the footer is cut short')];
  const version = footer.uint16(12, 'big');
  const type = diskType(footer);
  const known = Object.values<number | undefined>(diskTypes).includes(type);
  return [
    ...(version === 1 ? [] : [finding('vhd-footer', `the footer is of version ${version}`)]),
    ...(footer.uint32(64, 'big') === checksum(footer, 64) ? [] : [finding('vhd-footer', 'the checksum of the footer is wrong')]),
    ...(known ? [] : [finding('vhd-footer', `the footer says that the disk is of the unknown type ${type}`)]),
  ];
}

/** Of everything but the four bytes it is written in. */
export function checksum(bytes: Bytes, offset: number): number {
  let sum = 0;
  for (const byte of bytes) sum += byte;
  for (const byte of bytes.part(offset, 4)) sum -= byte;
  return ~sum >>> 0;
}
