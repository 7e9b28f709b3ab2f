import type { Stats } from 'node:fs';
import type * as fs from 'node:fs/promises';
import { dataExtents, worthAsking, worthSkipping } from './data-extents.ts';
import type { Extent } from './data-extents.ts';
import { readUpTo } from './read-up-to.ts';
import { together } from './together.ts';
import { withImage } from './with-image.ts';

const pieceSize = 1024 * 1024;

/**
 * Whether two files of this machine hold the same bytes. What is a hole in both is not looked at: to compare is much cheaper than to hash,
 * above all where little is data.
 *
 * @throws ImageError `SOURCE_KIND` for what is no file; those of the system are thrown as they are
 */
export async function sameContent(one: string, other: string, signal: AbortSignal): Promise<boolean> {
  return withImage(one, (first) => withImage(other, (second) => compare([first, second], signal)));
}

type Pair = readonly [fs.FileHandle, fs.FileHandle];

async function compare(files: Pair, signal: AbortSignal): Promise<boolean> {
  const [one, other] = await Promise.all(files.map((file) => file.stat()));
  if (!one?.isFile() || !other?.isFile() || one.size !== other.size) return false;
  const [data, more] = await Promise.all([dataOf(files[0], one, signal), dataOf(files[1], other, signal)]);
  const buffers = [Buffer.allocUnsafe(pieceSize), Buffer.allocUnsafe(pieceSize)] as const;
  for (const extent of together(data, more))
    for (let at = extent.from; at < extent.to; at += pieceSize) {
      signal.throwIfAborted();
      if (!(await samePiece(files, buffers, at, Math.min(pieceSize, extent.to - at)))) return false;
    }
  return true;
}

async function dataOf(file: fs.FileHandle, { size, blocks }: Stats, signal: AbortSignal): Promise<readonly Extent[]> {
  if (size - blocks * 512 < worthAsking) return [{ from: 0, to: size }];
  const known = await dataExtents(file, { size, ours: process.env, signal, shortest: worthSkipping });
  return known ?? [{ from: 0, to: size }];
}

/** A file that ends before is not the same any more. */
async function samePiece(files: Pair, [one, other]: readonly [Buffer, Buffer], at: number, length: number): Promise<boolean> {
  const [first, second] = [one.subarray(0, length), other.subarray(0, length)];
  const [ofFirst, ofSecond] = await Promise.all([readUpTo(files[0], first, at), readUpTo(files[1], second, at)]);
  return ofFirst === length && ofSecond === length && first.equals(second);
}
