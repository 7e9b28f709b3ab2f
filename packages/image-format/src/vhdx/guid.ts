import type { Bytes } from '../bytes.ts';

/** An identifier as it is written, of which the file holds the first three groups the other way round. */
export function guid(bytes: Bytes, offset: number): string {
  const hex = [...bytes.part(offset, 16)].map((byte) => byte.toString(16).padStart(2, '0'));
  const group = (...order: readonly number[]): string => order.map((index) => hex[index]).join('');
  return [group(3, 2, 1, 0), group(5, 4), group(7, 6), group(8, 9), group(10, 11, 12, 13, 14, 15)].join('-');
}
