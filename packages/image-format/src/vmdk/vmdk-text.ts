import { product } from './bytes.ts';
import type { Bytes } from './bytes.ts';

/** Descriptors are short; what is longer is no text. */
const longest = 65_536;

/** Is it the text that describes a VMDK whose data lies in other files? Comments, then the version. */
export function isVmdkDescriptor(bytes: Bytes): boolean {
  if (!bytes.has('#', 0)) return false;
  const text = descriptorOf(bytes);
  return /^#[ \t]*disk descriptorfile/i.test(text) || /^(?:(?:#[^\n]*|[ \t\r]*)\n)+version=\d/.test(text);
}

/** The sum of its extents, in bytes. */
export function vmdkDescriptorSize(bytes: Bytes): number | undefined {
  const extents = [...descriptorOf(bytes).matchAll(/^(?:RW|RDONLY|NOACCESS)[ \t]+(\d+)[ \t]/gm)];
  if (extents.length === 0) return undefined;
  const sectors = extents.reduce((sum, [, count]) => sum + Number(count), 0);
  return product(sectors, 512);
}

function descriptorOf(bytes: Bytes): string {
  return bytes.text(0, Math.min(bytes.length, longest)) ?? '';
}
