import type { Path } from './move-piece.ts';
import type { Piece } from './pieces.ts';
import { blockLength as block } from '@image-api/host';

/**
 * Read a piece, holes as zeros. Answers its bytes, fewer where the file ends before it. They lie in the buffer as far behind a boundary of a
 * page as they do in the file, so that whole blocks of them can be written past the page cache.
 */
export async function readPiece(path: Path, piece: Piece, buffer: Uint8Array): Promise<Uint8Array> {
  const { calls, ends, past } = path;
  const start = Math.floor(piece.from / block) * block;
  const length = piece.to - piece.from;
  if (!past.from || !ends.directFrom) {
    const bytes = buffer.subarray(piece.from - start, piece.to - start);
    return bytes.subarray(0, await calls.read(ends.from.fd, bytes, piece.from));
  }
  try {
    const blocks = buffer.subarray(0, Math.ceil((piece.to - start) / block) * block);
    const count = await calls.read(ends.directFrom.fd, blocks, start);
    return blocks.subarray(piece.from - start, Math.min(piece.from - start + length, Math.max(piece.from - start, count)));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EINVAL') throw error;
    past.from = false;
    return readPiece(path, piece, buffer);
  }
}
