import type { Bytes } from '../bytes.ts';
import { finding } from '../finding.ts';
import type { Format } from '../format.ts';

/** A text that describes a disk whose bytes lie in other files. */
export const vmdkText: Format = {
  name: 'vmdk',
  matches: ({ start }) => isDescriptor(start),
  declaredSize: ({ start }) => sizeOfExtents(textOf(start)),
  examine: () => ({ findings: [finding('vmdk-descriptor-file', 'the image is a text that describes a disk in other files')] }),
};

/** The title, or what QEMU takes for one: comments and empty lines, then the version. */
function isDescriptor(start: Bytes): boolean {
  if (![' ', '#', '\r', '\n', 'v'].some((first) => start.has(first, 0))) return false;
  const text = textOf(start);
  return /^#[ \t]*disk descriptorfile/i.test(text) || /^(?:(?:#[^\n]*|[ \t\r]*)\n)*version=\d/.test(text);
}

/** The sum of its extents, in bytes. */
export function sizeOfExtents(text: string): bigint | undefined {
  const extents = [...text.matchAll(/^(?:RW|RDONLY|NOACCESS)[ \t]+(\d{1,20})[ \t]/gim)];
  return extents.length === 0 ? undefined : extents.reduce((sum, [, sectors]) => sum + BigInt(sectors ?? 0) * 512n, 0n);
}

function textOf(bytes: Bytes): string {
  return bytes.text(0, bytes.length) ?? '';
}
