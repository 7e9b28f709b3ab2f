import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import type { TransferContext } from '@image-api/driver';
import { pieceLength } from '@image-api/host';
import type { RangeReader } from '@image-api/host';
import { inCache } from '../cache/in-cache.ts';
import type { Hand } from '../hand.ts';
import type { ImageHashes } from '../manifest/hash-image.ts';
import { wrongOrigin } from '../p2p-precache-errors.ts';
import { writeWhole } from '../write-whole.ts';
import { pieceDigest } from './missing-pieces.ts';

/** Pieces under way at the same time: what a link that takes long to answer needs. */
const atOnce = 4;

export interface OriginJob {
  readonly image: ImageHashes;
  /** Where the image is to be; what of it is there already stays. */
  readonly path: string;
  readonly missing: readonly number[];
  readonly reader: RangeReader;
  readonly context: Pick<TransferContext, 'checkpoint' | 'signal'>;
  readonly hand: Pick<Hand, 'limits'>;
  /** Told after each piece. @param bytes the length of the piece */
  readonly onPiece: (bytes: number) => void;
}

/**
 * Read the pieces that are missing from where the image is as a whole. Each is written only when it has its hash.
 *
 * @throws ImageError VERIFY_FAILED when another image is there, and those of the reader
 */
export async function fillFromOrigin(job: OriginJob): Promise<void> {
  const { path, image, missing } = job;
  const file = await inCache('write', path, () => open(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600));
  try {
    await inCache('write', path, () => file.truncate(image.size));
    const left = missing.values();
    const stop = new AbortController();
    const signal = AbortSignal.any([job.context.signal, stop.signal]);
    const failures: unknown[] = [];
    const work = async (): Promise<void> => {
      for (const index of left) await fetchPiece({ ...job, signal }, file, index);
    };
    const worker = (): Promise<void> =>
      work().catch((error: unknown) => {
        failures.push(error);
        // The others end because of the first.
        stop.abort(error);
      });
    await Promise.all(Array.from({ length: atOnce }, worker));
    if (failures.length > 0) throw failures[0];
    await job.reader.check(job.context.signal);
  } finally {
    await file.close();
  }
}

async function fetchPiece(
  { image, path, reader, context, hand, onPiece, signal }: OriginJob & { readonly signal: AbortSignal },
  file: FileHandle,
  index: number,
): Promise<void> {
  const start = index * image.pieceLength;
  const bytes = Buffer.allocUnsafe(Math.min(image.pieceLength, image.size - start));
  for (let at = 0; at < bytes.length;) {
    const length = Math.min(pieceLength(hand.limits.bandwidth), bytes.length - at);
    await context.checkpoint(length);
    bytes.set(await reader.read(start + at, length, signal), at);
    at += length;
  }
  if (!createHash('sha1').update(bytes).digest().equals(pieceDigest(image.pieces, index)))
    throw wrongOrigin(reader.name, `the bytes from ${start} on are others`);
  await inCache('write', path, () => writeWhole(file, bytes, start));
  onPiece(bytes.length);
}
