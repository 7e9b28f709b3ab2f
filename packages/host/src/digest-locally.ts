import { createHash } from 'node:crypto';
import type * as fs from 'node:fs/promises';
import { ImageError } from '@image-api/driver';
import type { Digest, Host } from '@image-api/driver';
import { dataExtents, worthAsking, worthSkipping } from './data-extents.ts';
import type { Extent } from './data-extents.ts';
import { escapeControl } from './escape-control.ts';
import { nextTurn } from './next-turn.ts';
import { withImage } from './with-image.ts';

const pieceSize = 1024 * 1024;
const zeros = new Uint8Array(pieceSize);

/** See `Host.digest`. What is no hole is read; the zeros of a hole come from memory. */
export async function digestLocally(
  path: string,
  ours: NodeJS.ProcessEnv,
  { signal, length = Infinity }: Parameters<Host['digest']>[1] = {},
): Promise<Digest> {
  const hash = createHash('sha256');
  const add = async (bytes: Uint8Array): Promise<void> => {
    await nextTurn();
    if (signal?.aborted) throw cancelled(path, signal);
    hash.update(bytes);
  };
  if (signal?.aborted) throw cancelled(path, signal);
  await withImage(path, async (file) => addContent(file, await contentOf(file, length, ours, signal), add));
  return `sha256:${hash.digest('hex')}`;
}

interface Content {
  readonly extents: readonly Extent[];
  readonly end: number;
}

type Add = (bytes: Uint8Array) => Promise<void>;

async function contentOf(file: fs.FileHandle, length: number, ours: NodeJS.ProcessEnv, signal: AbortSignal | undefined): Promise<Content> {
  const { size, blocks } = await file.stat();
  const end = Math.min(size, length);
  const query = { size: end, ours, signal, shortest: worthSkipping };
  const extents = size - blocks * 512 < worthAsking ? undefined : await dataExtents(file, query);
  return extents ? { extents, end } : { extents: [{ from: 0, to: length }], end: length };
}

async function addContent(file: fs.FileHandle, { extents, end }: Content, add: Add): Promise<void> {
  let at = 0;
  for (const { from, to } of extents) {
    await addZeros(from - at, add);
    at = await addData(file, { from, to }, add);
    // The file ends here, by now.
    if (at < to) return;
  }
  await addZeros(end - at, add);
}

async function addZeros(count: number, add: Add): Promise<void> {
  for (let left = count; left > 0; left -= pieceSize) await add(left < pieceSize ? zeros.subarray(0, left) : zeros);
}

/** @returns where it came to */
async function addData(file: fs.FileHandle, { from, to }: Extent, add: Add): Promise<number> {
  const piece = new Uint8Array(Math.min(pieceSize, to - from));
  let at = from;
  while (at < to) {
    const { bytesRead } = await file.read(piece, 0, Math.min(piece.length, to - at), at);
    if (bytesRead === 0) break;
    await add(piece.subarray(0, bytesRead));
    at += bytesRead;
  }
  return at;
}

function cancelled(path: string, signal: AbortSignal): ImageError {
  return new ImageError(`reading ${escapeControl(path)} was cancelled`, { code: 'CANCELLED', origin: 'caller', cause: signal.reason });
}
