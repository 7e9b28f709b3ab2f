import { Bytes } from '../src/bytes.ts';
import { crc32c } from '../src/crc32c.ts';
import { imageWith, unchanged, virtualSize } from './images.ts';
import type { Change } from './images.ts';

const kibibyte = 1024;

/** The parts of a vhdx image that are told in its headers. */
export const vhdxPlaces = {
  headers: [64 * kibibyte, 128 * kibibyte],
  regions: [192 * kibibyte, 256 * kibibyte],
  metadata: 1024 * kibibyte,
  values: (1024 + 64) * kibibyte,
} as const;

const vhdxRegions = ['6677c22d23f600429d64115e9bfd4a08', '06a27c8b90479a4bb8fe575f050f886e'];
const vhdxItems = [
  ['3767a1ca36fa434db3b633f0aa44e76b', 8],
  ['2442a52f1bcd7648b2115dbed83bf4b8', 8],
] as const;

/** A whole, empty vhdx image. */
export function vhdx(change: Change = unchanged, afterwards: Change = unchanged): Buffer {
  const image = imageWith(3072 * kibibyte, [0, 'vhdxfile'], [vhdxPlaces.metadata, 'metadata']);
  for (const [index, place] of vhdxPlaces.headers.entries()) {
    image.write('head', place);
    image.writeBigUInt64LE(BigInt(index + 1), place + 8);
    image.writeUInt16LE(1, place + 66);
  }
  const [regions] = vhdxPlaces.regions;
  image.write('regi', regions);
  image.writeUInt32LE(2, regions + 8);
  for (const [index, id] of vhdxRegions.entries()) {
    const place = regions + 16 + index * 32;
    image.write(id, place, 'hex');
    image.writeBigUInt64LE(BigInt((2 - index) * 1024 * kibibyte), place + 16);
    image.writeUInt32LE(1024 * kibibyte, place + 24);
    image.writeUInt32LE(1, place + 28);
  }
  image.writeUInt16LE(2, vhdxPlaces.metadata + 10);
  for (const [index, [id, length]] of vhdxItems.entries()) {
    const place = vhdxPlaces.metadata + 32 + index * 32;
    image.write(id, place, 'hex');
    image.writeUInt32LE(64 * kibibyte + index * 8, place + 16);
    image.writeUInt32LE(length, place + 20);
    image.writeUInt32LE(4, place + 24);
  }
  image.writeUInt32LE(2 ** 20, vhdxPlaces.values);
  image.writeBigUInt64LE(BigInt(virtualSize), vhdxPlaces.values + 8);
  change(image);
  mendVhdx(image);
  afterwards(image);
  return image;
}

/** Make all of its sums right, and the second table of parts the same as the first. */
export function mendVhdx(image: Buffer): void {
  const [regions, copy] = vhdxPlaces.regions;
  image.copyWithin(copy, regions, regions + 64 * kibibyte);
  for (const place of [...vhdxPlaces.headers, ...vhdxPlaces.regions]) {
    const length = vhdxPlaces.headers.some((header) => header === place) ? 4 * kibibyte : 64 * kibibyte;
    image.writeUInt32LE(crc32c(new Bytes(image.subarray(place, place + length)), 4), place + 4);
  }
}
