import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import type { Counters } from '@image-api/driver';
import { allocationOf, dataExtents, longestPiece, missingIn, pieceLength, readUpTo, withFile } from '@image-api/host';
import type { Extent, Side } from '@image-api/host';
import type { Entry } from '../cache/entry.ts';
import { cutShort } from '../p2p-precache-errors.ts';
import { writeWhole } from '../write-whole.ts';
import type { OutJob } from './copy-out.ts';

/** What a copy within this machine has to tell. */
export type OutCounters = Omit<Counters, 'bytesSent'>;

interface Ends {
  readonly from: FileHandle;
  readonly to: FileHandle;
}

/**
 * Copy an image piece by piece, each when the caller lets it go. Holes stay holes, and what is there already is not written again.
 *
 * @throws ImageError
 */
export async function copyPieces({ path, manifest: { size } }: Entry, job: OutJob): Promise<OutCounters> {
  const { request } = job;
  const from = await at('source', path, () => open(path, constants.O_RDONLY));
  try {
    const to = await at('destination', request.to.path, () => open(request.to.path, constants.O_RDWR));
    try {
      return await fill({ from, to }, size, job);
    } finally {
      await to.close();
    }
  } finally {
    await from.close();
  }
}

async function fill(ends: Ends, size: number, job: OutJob): Promise<OutCounters> {
  const { request, context, hand, paced, tell } = job;
  await context.checkpoint(0);
  const known = await dataIn(ends.from, size, context.signal);
  await at('destination', request.to.path, async () => {
    if (request.held === undefined) await ends.to.truncate(0);
    await ends.to.truncate(size);
  });
  const there = request.held === undefined ? [] : await dataIn(ends.to, size, context.signal);
  const room = { bytes: Buffer.allocUnsafe(longestPiece), old: Buffer.alloc(longestPiece) };
  let counters: OutCounters = { bytesLogical: 0, bytesRead: 0, bytesSkipped: 0 };
  for (let offset = 0; offset < size;) {
    const length = Math.min(paced ? pieceLength(hand.limits.bandwidth) : longestPiece, size - offset);
    const data = dataWithin(known, offset, length);
    const wanted = data > 0 || dataWithin(there, offset, length) > 0;
    if (wanted) await context.checkpoint(paced ? data : 0);
    const written = wanted ? await movePiece(ends, job, { offset, length, ...room }) : 0;
    offset += length;
    counters = {
      bytesLogical: offset,
      bytesRead: counters.bytesRead + data,
      bytesSkipped: counters.bytesSkipped + length - written,
    };
    if (wanted) tell(counters);
  }
  return counters;
}

interface Piece {
  readonly offset: number;
  readonly length: number;
  readonly bytes: Buffer;
  readonly old: Buffer;
}

/** Answers how many bytes were written. */
async function movePiece({ from, to }: Ends, { request }: OutJob, { offset, length, bytes, old }: Piece): Promise<number> {
  const count = await at('source', request.from.href, () => readUpTo(from, bytes.subarray(0, length), offset));
  if (count < length) throw cutShort(request, offset + count);
  if (request.held !== undefined) {
    const kept = await at('destination', request.to.path, () => readUpTo(to, old.subarray(0, length), offset));
    old.fill(0, kept, length);
  }
  let written = 0;
  // What is not there yet is zeros.
  const within = (buffer: Buffer, part: Extent): Buffer => buffer.subarray(part.from - offset, part.to - offset);
  const isThere = (part: Extent): boolean => within(bytes, part).equals(within(old, part));
  for (const part of missingIn([{ from: offset, to: offset + length }], isThere)) {
    await at('destination', request.to.path, () => writeWhole(to, within(bytes, part), part.from));
    written += part.to - part.from;
  }
  return written;
}

function dataWithin(extents: readonly Extent[] | undefined, offset: number, length: number): number {
  return allocationOf(extents, offset, length).reduce((sum, piece) => sum + (piece.isHole ? 0 : piece.length), 0);
}

/** `undefined` where nobody knows of a hole. */
async function dataIn(file: FileHandle, size: number, signal: AbortSignal): Promise<readonly Extent[] | undefined> {
  const { blocks } = await file.stat();
  return blocks * 512 < size ? dataExtents(file, { size, ours: process.env, signal }) : undefined;
}

function at<T>(side: Side, path: string, work: () => Promise<T>): Promise<T> {
  return withFile({ side, action: side === 'source' ? 'read' : 'write', path }, work);
}
