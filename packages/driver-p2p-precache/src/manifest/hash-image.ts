import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { ImageError } from '@image-api/driver';
import { HashThread, dataExtents, readUpTo } from '@image-api/host';
import type { Extent } from '@image-api/host';
import { partsOf } from './parts-of.ts';
import type { Part } from './parts-of.ts';
import { pieceLengthFor } from './piece-length.ts';

/** What one pass over an image tells. */
export interface ImageHashes {
  /** Of the whole, in lower-case hexadecimal. */
  readonly sha256: string;
  readonly size: number;
  readonly pieceLength: number;
  /** The SHA-1 of each piece, 20 bytes one after another. */
  readonly pieces: Buffer;
}

export interface HashOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told now and then how many bytes of the image are dealt with. */
  readonly onProgress?: (bytes: number) => void;
}

/** The bytes of a part, and how many parts are under way at once. */
const slotLength = 2 * 1024 * 1024;
const slots = 6;
/** Zeros need no memory; this is how long an end may have to wait. */
const longest = { data: slotLength, hole: 64 * 1024 * 1024 };

/**
 * Hash an image in one pass: the whole by one thread, its pieces by another, while this one reads. Holes are not read.
 *
 * @throws ImageError CANCELLED, SOURCE_CHANGED when it was cut meanwhile
 */
export async function hashImage(path: string, { signal, onProgress }: HashOptions = {}): Promise<ImageHashes> {
  if (signal?.aborted) throw cancelled(path, signal);
  const file = await open(path, 'r');
  const memory = new SharedArrayBuffer(slots * slotLength);
  const { size } = await file.stat();
  const pieceLength = pieceLengthFor(size);
  const whole = new HashThread({ algorithm: 'sha256', pieceLength: Infinity, memory });
  const cut = new HashThread({ algorithm: 'sha1', pieceLength, memory });
  const pass = { file, path, size, memory, threads: [whole, cut], signal, onProgress };
  try {
    await hashAll(pass, await extentsOf(file, size, signal));
    const [sha256, pieces] = await Promise.all([whole.finish(), cut.finish()]);
    return { sha256: sha256.toString('hex'), size, pieceLength, pieces };
  } finally {
    await Promise.all([whole.end(), cut.end()]);
    await file.close();
  }
}

interface Pass {
  readonly file: FileHandle;
  readonly path: string;
  readonly size: number;
  readonly memory: SharedArrayBuffer;
  readonly threads: readonly HashThread[];
  readonly signal: AbortSignal | undefined;
  readonly onProgress: HashOptions['onProgress'];
}

async function extentsOf(file: FileHandle, size: number, signal: AbortSignal | undefined): Promise<readonly Extent[]> {
  const { blocks } = await file.stat();
  const known = blocks * 512 < size ? await dataExtents(file, { size, ours: process.env, signal }) : undefined;
  return known ?? (size > 0 ? [{ from: 0, to: size }] : []);
}

async function hashAll(pass: Pass, extents: readonly Extent[]): Promise<void> {
  const free = Array.from({ length: slots }, (_, index) => index * slotLength);
  const underWay = new Set<Promise<void>>();
  let hashed = 0;
  for (const part of partsOf(pass.size, extents, longest)) {
    while (free.length === 0) await Promise.race(underWay);
    if (pass.signal?.aborted) throw cancelled(pass.path, pass.signal);
    const at = free.pop() as number;
    if (!part.hole) await readWhole(pass, part, at);
    const hash = async (): Promise<void> => {
      await hashPart(pass, part, at);
      free.push(at);
      underWay.delete(hashing);
      pass.onProgress?.((hashed += part.to - part.from));
    };
    const hashing = hash();
    // Should another thing fail first, this is nobody's news any more.
    hashing.catch(() => undefined);
    underWay.add(hashing);
  }
  await Promise.all(underWay);
  if (pass.signal?.aborted) throw cancelled(pass.path, pass.signal);
}

async function hashPart({ threads }: Pass, { from, to, hole }: Part, at: number): Promise<void> {
  const stretch = { length: to - from, ...(!hole && { at }) };
  await Promise.all(threads.map((thread) => thread.add(stretch)));
}

async function readWhole({ file, path, memory }: Pass, { from, to }: Part, at: number): Promise<void> {
  const bytes = new Uint8Array(memory, at, to - from);
  const done = await readUpTo(file, bytes, from);
  if (done < bytes.length) throw cutShort(path, from + done);
}

function cancelled(path: string, signal: AbortSignal): ImageError {
  return new ImageError(`checking ${path} was cancelled`, {
    code: 'CANCELLED',
    origin: 'caller',
    driver: 'p2p-precache',
    cause: signal.reason,
  });
}

function cutShort(path: string, at: number): ImageError {
  return new ImageError(`${path} was cut while it was checked, byte ${at} is gone`, {
    code: 'SOURCE_CHANGED',
    origin: 'source',
    driver: 'p2p-precache',
  });
}
