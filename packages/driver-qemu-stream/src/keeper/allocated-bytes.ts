import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';

/** Of a table's entry: where the cluster is, and that it is all zeros. */
const place = 0x00fffffffffffe00n;
const isZero = 1n;
const isCompressed = 1n << 62n;

/** Bytes of the disk that a qcow2 image has itself, whatever it lies on. 0 for a file that is no such image, or none yet. */
export async function allocatedBytes(path: string): Promise<number> {
  const file = await open(path, 'r');
  try {
    const header = await read(file, 0, 48);
    if (header.length < 48 || header.toString('latin1', 0, 4) !== 'QFI\xfb') return 0;
    const clusterSize = 2 ** header.readUInt32BE(20);
    const tables = entriesOf(await read(file, Number(header.readBigUInt64BE(40)), header.readUInt32BE(36) * 8));
    let clusters = 0;
    for (const table of tables) {
      const at = Number(table & place);
      if (at > 0) clusters += entriesOf(await read(file, at, clusterSize)).filter(isPresent).length;
    }
    return clusters * clusterSize;
  } finally {
    await file.close();
  }
}

function isPresent(entry: bigint): boolean {
  return (entry & (place | isZero | isCompressed)) !== 0n;
}

function entriesOf(table: Buffer): bigint[] {
  return Array.from({ length: Math.floor(table.length / 8) }, (_, index) => table.readBigUInt64BE(index * 8));
}

async function read(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, at);
  return buffer.subarray(0, bytesRead);
}
