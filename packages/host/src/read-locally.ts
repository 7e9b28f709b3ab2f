import type * as fs from 'node:fs/promises';
import type { ByteRange } from '@image-api/driver';
import { checkRanges } from './check-ranges.ts';
import { readUpTo } from './read-up-to.ts';
import { withImage } from './with-image.ts';

/** See `Host.read`. */
export async function readLocally(path: string, ranges: readonly ByteRange[]): Promise<Uint8Array[]> {
  checkRanges(path, ranges);
  return withImage(path, async (file) => {
    const pieces: Uint8Array[] = [];
    for (const range of ranges) pieces.push(await readPiece(file, range));
    return pieces;
  });
}

async function readPiece(file: fs.FileHandle, { offset, length }: ByteRange): Promise<Uint8Array> {
  const piece = new Uint8Array(length);
  return piece.slice(0, await readUpTo(file, piece, offset));
}
