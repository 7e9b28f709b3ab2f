/** Bytes of a header that tell. */
export const headerLength = 80;

const magic = 0x514649fb;
const dataFileBit = 1n << 2n;

/**
 * Why a qcow2 image cannot be handed out by itself, in words a user can act on; `undefined` when it can. Nothing that a header names
 * is ever opened, so what it needs would be missing.
 */
export function headerFlaw(header: Uint8Array): string | undefined {
  const bytes = Buffer.from(header.buffer, header.byteOffset, header.byteLength);
  if (bytes.length < headerLength || bytes.readUInt32BE(0) !== magic) return 'it is not the qcow2 image it was said to be';
  if (bytes.readBigUInt64BE(8) !== 0n) return 'it needs another image below it: make it whole first (qemu-img convert), then hand it out';
  const version = bytes.readUInt32BE(4);
  if (version >= 3 && bytes.readBigUInt64BE(72) & dataFileBit) return 'it keeps its data in another file: make it whole first';
  return undefined;
}
