import { imageWith, unchanged, virtualSize } from './images.ts';
import type { Change } from './images.ts';

export const descriptor = `# Disk DescriptorFile
version=1
CID=fe25a141
parentCID=ffffffff
createType="monolithicSparse"

# Extent description
RW 131072 SPARSE "disk.vmdk"

# The Disk Data Base
#DDB

ddb.virtualHWVersion = "4"
`;

/** A whole, empty vmdk image of one file. */
export function vmdk({ text = descriptor, change = unchanged }: { readonly text?: string; readonly change?: Change } = {}): Buffer {
  const image = imageWith(128 * 512, [0, 'KDMV'], [73, '\n \r\n'], [512, text]);
  image.writeUInt32LE(1, 4);
  image.writeUInt32LE(3, 8);
  image.writeBigUInt64LE(BigInt(virtualSize / 512), 12);
  image.writeBigUInt64LE(128n, 20);
  image.writeBigUInt64LE(1n, 28);
  image.writeBigUInt64LE(20n, 36);
  image.writeUInt32LE(512, 44);
  image.writeBigUInt64LE(21n, 48);
  image.writeBigUInt64LE(26n, 56);
  image.writeBigUInt64LE(128n, 64);
  change(image);
  return image;
}

/** The same, made to be written from its first byte to its last: the header's copy at the end is the one that counts. */
export function vmdkWithFooter(change: Change = unchanged): Buffer {
  const start = vmdk({ text: descriptor.replace('monolithicSparse', 'streamOptimized'), change: (image) => image.fill(0xff, 56, 64) });
  const image = Buffer.concat([start, Buffer.alloc(3 * 512)]);
  image.writeUInt32LE(3, start.length + 12);
  start.copy(image, start.length + 512, 0, 512);
  image.writeBigUInt64LE(26n, start.length + 512 + 56);
  change(image);
  return image;
}
