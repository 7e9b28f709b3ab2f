import { Bytes } from '../src/bytes.ts';
import { checksum } from '../src/vhd/vhd-footer.ts';
import { imageWith, unchanged, virtualSize } from './images.ts';
import type { Change } from './images.ts';

function vhdFooter(type: number): Buffer {
  const footer = imageWith(512, [0, 'conectix'], [28, 'qemu'], [36, 'Wi2k']);
  footer.writeUInt32BE(2, 8);
  footer.writeUInt32BE(0x1_00_00, 12);
  footer.writeBigUInt64BE(type === 2 ? 0xff_ff_ff_ff_ff_ff_ff_ffn : 512n, 16);
  footer.writeBigUInt64BE(BigInt(virtualSize), 40);
  footer.writeBigUInt64BE(BigInt(virtualSize), 48);
  footer.writeUInt32BE(type, 60);
  return footer;
}

interface VhdChanges {
  /** 3: a disk that grows, 4: a layer over another one. */
  readonly type?: number;
  readonly footer?: Change;
  readonly header?: Change;
  /** When all sums are right already. */
  readonly afterwards?: Change;
}

/** A whole, empty vhd image of the kind that grows. */
export function vhd({ type = 3, footer: changeFooter = unchanged, header: changeHeader = unchanged, afterwards }: VhdChanges = {}): Buffer {
  const footer = vhdFooter(type);
  changeFooter(footer);
  const header = imageWith(1024, [0, 'cxsparse']);
  header.fill(0xff, 8, 16);
  header.writeBigUInt64BE(1536n, 16);
  header.writeUInt32BE(0x1_00_00, 24);
  header.writeUInt32BE(33, 28);
  header.writeUInt32BE(2 ** 21, 32);
  changeHeader(header);
  writeSum(footer, 64);
  writeSum(header, 36);
  const image = Buffer.concat([footer, header, Buffer.alloc(512, 0xff), footer]);
  afterwards?.(image);
  return image;
}

/** A whole, empty vhd image of the kind that holds all bytes of its disk: much smaller than the others. */
export function fixedVhd({
  footer: change = unchanged,
  disk = Buffer.alloc(65_536),
}: { readonly footer?: Change; readonly disk?: Buffer } = {}): Buffer {
  const footer = vhdFooter(2);
  footer.writeBigUInt64BE(BigInt(disk.length), 48);
  change(footer);
  writeSum(footer, 64);
  return Buffer.concat([disk, footer]);
}

/** Make its sums right, and the footer at its end the same as the one at its start. */
export function mendVhd(image: Buffer): void {
  writeSum(image.subarray(0, 512), 64);
  writeSum(image.subarray(512, 1536), 36);
  image.copy(image, image.length - 512, 0, 512);
}

function writeSum(bytes: Buffer, offset: number): void {
  bytes.writeUInt32BE(checksum(new Bytes(bytes), offset), offset);
}
