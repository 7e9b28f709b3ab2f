import { open, readFile } from 'node:fs/promises';
import type { Place } from '../expect-copied.ts';

/**
 * Change one byte of a file below its filesystem, which must be unmounted: the bytes of the file at that offset are looked for in the
 * file that holds the filesystem. Answers how to change it back.
 *
 * @param piece some bytes of the file, which no other has
 */
export async function spoil({ host, path }: Place, piece: Buffer): Promise<() => Promise<void>> {
  const at = (await readFile(host.outside(path))).indexOf(piece);
  if (at < 0) throw new Error(`${path} does not hold the bytes that were to be spoiled`);
  const write = async (byte: number): Promise<void> => {
    const file = await open(host.outside(path), 'r+');
    await file.write(Buffer.from([byte]), 0, 1, at);
    await file.close();
  };
  await write(piece[0]! ^ 0xff);
  return () => write(piece[0]!);
}

/** A few bytes out of the middle of a file. */
export async function pieceOf({ host, path }: Place, offset: number): Promise<Buffer> {
  const file = await open(host.outside(path));
  const { buffer } = await file.read(Buffer.alloc(64), 0, 64, offset);
  await file.close();
  return buffer;
}
