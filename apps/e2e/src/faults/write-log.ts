import { open, readFile } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';

/** One write, as it reached the disk. */
export interface LoggedWrite {
  readonly offset: number;
  readonly bytes: Buffer;
  /** The disk was told to make all that came before safe. */
  readonly flush: boolean;
}

const sector = 512;
const [flushFlag, discardFlag, markFlag] = [1n, 4n, 8n];

/** The writes in a log in the format of dm-log-writes, in their order. */
export async function readWriteLog(path: string): Promise<readonly LoggedWrite[]> {
  const log = await readFile(path);
  const writes: LoggedWrite[] = [];
  // A sector for the log as a whole, then one before each write's data.
  for (let at = sector; at + sector <= log.length;) {
    const [offset, sectors, flags] = [0, 8, 16].map((field) => log.readBigUInt64LE(at + field)) as [bigint, bigint, bigint];
    const flush = (flags & flushFlag) !== 0n;
    if (sectors === 0n && !flush && (flags & markFlag) === 0n) break;
    const length = (flags & discardFlag) === 0n ? Number(sectors) * sector : 0;
    const data = at + sector;
    if (data + length > log.length) break;
    writes.push({ offset: Number(offset) * sector, bytes: log.subarray(data, data + length), flush });
    at = data + length;
  }
  return writes;
}

/** Put some writes on a disk image. */
export async function replay(path: string, writes: readonly LoggedWrite[]): Promise<void> {
  const disk: FileHandle = await open(path, 'r+');
  for (const { offset, bytes } of writes) await disk.write(bytes, 0, bytes.length, offset);
  await disk.close();
}
