/** Changes an image before it is finished: what is a sum over it is right afterwards. */
export type Change = (image: Buffer) => unknown;

export const unchanged: Change = () => undefined;
const kibibyte = 1024;
export const virtualSize: number = 64 * 2 ** 20;

/** Zeros with texts at places, one byte a character. */
export function imageWith(length: number, ...parts: readonly (readonly [offset: number, text: string])[]): Buffer {
  const image = Buffer.alloc(length);
  for (const [offset, text] of parts) image.write(text, offset, 'latin1');
  return image;
}

/** A whole, empty vdi image. */
export function vdi(change: Change = unchanged): Buffer {
  const image = imageWith(1024, [0, '<<< QEMU VM Virtual Disk Image >>>\n']);
  image.writeUInt32LE(0xbe_da_10_7f, 64);
  image.writeUInt32LE(0x1_00_01, 68);
  image.writeUInt32LE(0x1_80, 72);
  image.writeUInt32LE(1, 76);
  image.writeUInt32LE(512, 340);
  image.writeUInt32LE(1024, 344);
  image.writeBigUInt64LE(BigInt(virtualSize), 368);
  image.writeUInt32LE(2 ** 20, 376);
  image.writeUInt32LE(64, 384);
  change(image);
  return image;
}

/** A disk with a partition table behind the older one that protects it. */
export function gpt(sectorSize = 512, change: Change = unchanged): Buffer {
  const image = imageWith(128 * kibibyte, [sectorSize, 'EFI PART'], [510, '\u0055\u00aa'], [450, '\u00ee']);
  image.writeUInt32LE(1, 454);
  change(image);
  return image;
}

export function iso(change: Change = unchanged): Buffer {
  const image = imageWith(128 * kibibyte, [32_768, '\u0001CD001\u0001']);
  change(image);
  return image;
}

export function luks(version: number): Buffer {
  return imageWith(64 * kibibyte, [0, `LUKS\u00ba\u00be\0${String.fromCharCode(version)}`]);
}
