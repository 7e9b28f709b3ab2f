import type { Bytes } from './bytes.ts';

/**
 * The Castagnoli checksum.
 *
 * @param offset where the four bytes lie that the checksum itself is written in; they count as zeros
 */
export function crc32c(bytes: Bytes, offset: number): number {
  let rest = 0xff_ff_ff_ff;
  let place = 0;
  for (const byte of bytes) {
    const counted = place >= offset && place < offset + 4 ? 0 : byte;
    rest = (rest >>> 8) ^ (table[(rest ^ counted) & 0xff] ?? 0);
    place += 1;
  }
  return ~rest >>> 0;
}

const polynomial = 0x82_f6_3b_78;

const table = Uint32Array.from({ length: 256 }, (_, index) => {
  let rest = index;
  for (let bit = 0; bit < 8; bit += 1) rest = rest & 1 ? (rest >>> 1) ^ polynomial : rest >>> 1;
  return rest;
});
