import { imageWith, unchanged, virtualSize } from './images.ts';
import type { Change } from './images.ts';

/** A whole, empty qcow2 image. */
export function qcow2({ version = 3, change = unchanged }: { readonly version?: number; readonly change?: Change } = {}): Buffer {
  const image = imageWith(262_144, [0, 'QFI\u00fb']);
  image.writeUInt32BE(version, 4);
  image.writeUInt32BE(16, 20);
  image.writeBigUInt64BE(BigInt(virtualSize), 24);
  image.writeUInt32BE(1, 36);
  image.writeBigUInt64BE(0x3_00_00n, 40);
  image.writeBigUInt64BE(0x1_00_00n, 48);
  image.writeUInt32BE(1, 56);
  if (version > 2) image.writeUInt32BE(4, 96);
  if (version > 2) image.writeUInt32BE(112, 100);
  change(image);
  return image;
}

/** Extensions of a qcow2 header, one after the other, and the end mark. Answers where they end. */
export function writeExtensions(image: Buffer, offset: number, ...extensions: readonly (readonly [type: number, text: string])[]): number {
  let place = offset;
  for (const [type, text] of extensions) {
    image.writeUInt32BE(type, place);
    image.writeUInt32BE(text.length, place + 4);
    image.write(text, place + 8, 'latin1');
    place += 8 + Math.ceil(text.length / 8) * 8;
  }
  return place + 8;
}

/** Make a qcow2 image of version 3 a layer over another one. */
export function writeBacking(image: Buffer, name: string, format?: string): void {
  const offset = writeExtensions(image, 112, ...(format === undefined ? [] : [[0xe2_79_2a_ca, format] as const]));
  image.writeBigUInt64BE(BigInt(offset), 8);
  image.writeUInt32BE(Buffer.byteLength(name), 16);
  image.write(name, offset);
}
