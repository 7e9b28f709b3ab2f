import { randomInt } from 'node:crypto';
import type * as fs from 'node:fs/promises';
import { worthwhileExtents } from './data-extents.ts';
import type { Extent } from './data-extents.ts';
import { readUpTo } from './read-up-to.ts';
import { together } from './together.ts';
import { withImage } from './with-image.ts';

const pieceSize = 1024 * 1024;
/** Of a sample, pieces are so small that each is read at once, and one of so many is looked at. */
const samplePiece = 64 * 1024;
const sampledOf = 128;
/** Pieces that are read at the same time. */
const lanes = 4;

/** How two files are compared. */
export interface Comparison {
  readonly signal: AbortSignal;
  /** Look at a few pieces only, spread over all that is data. Default: at all of it. */
  readonly sample?: boolean;
}

/**
 * Whether two files of this machine hold the same bytes. What is a hole in both is not looked at: to compare is much cheaper than to hash,
 * above all where little is data.
 *
 * @throws ImageError `SOURCE_KIND` for what is no file; those of the system are thrown as they are
 */
export async function sameContent(one: string, other: string, { signal, sample = false }: Comparison): Promise<boolean> {
  const parts = sample ? samplesOf : piecesOf;
  return withImage(one, (first) => withImage(other, (second) => compare([first, second], parts, signal)));
}

type Pair = readonly [fs.FileHandle, fs.FileHandle];

async function compare(
  files: Pair,
  parts: (extents: readonly Extent[]) => IterableIterator<Extent>,
  signal: AbortSignal,
): Promise<boolean> {
  const [one, other] = await Promise.all(files.map((file) => file.stat()));
  if (!one?.isFile() || !other?.isFile() || one.size !== other.size) return false;
  const [data, more] = await Promise.all([dataOf(files[0], one.size, signal), dataOf(files[1], other.size, signal)]);
  const pieces = parts(together(data, more));
  let differs = false;
  const lane = async (): Promise<void> => {
    const buffers = [Buffer.allocUnsafe(pieceSize), Buffer.allocUnsafe(pieceSize)] as const;
    // Whoever leaves ends it for all.
    for (const { from, to } of pieces) {
      signal.throwIfAborted();
      const isSame = await samePiece(files, buffers, from, to - from);
      if (!isSame) differs = true;
      if (differs) return;
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: lanes }, lane));
  const failed = ended.find((one) => one.status === 'rejected');
  if (failed) throw failed.reason;
  return !differs;
}

function* piecesOf(extents: readonly Extent[], length: number = pieceSize): IterableIterator<Extent> {
  for (const { from, to } of extents) for (let at = from; at < to; at += length) yield { from: at, to: Math.min(at + length, to) };
}

/** The first piece, the last, and one of each so many between, whichever chance picks. */
function* samplesOf(extents: readonly Extent[]): IterableIterator<Extent> {
  let few: Extent[] = [];
  let [isFirst, last]: [boolean, Extent | undefined] = [true, undefined];
  for (const piece of piecesOf(extents, samplePiece)) {
    if (isFirst) yield piece;
    isFirst = false;
    last = piece;
    few.push(piece);
    if (few.length < sampledOf) continue;
    const picked = few[randomInt(few.length)];
    if (picked) yield picked;
    few = [];
  }
  if (last) yield last;
}

async function dataOf(file: fs.FileHandle, size: number, signal: AbortSignal): Promise<readonly Extent[]> {
  return (await worthwhileExtents(file, { size, ours: process.env, signal })) ?? [{ from: 0, to: size }];
}

/** A file that ends before is not the same any more. */
async function samePiece(files: Pair, [one, other]: readonly [Buffer, Buffer], at: number, length: number): Promise<boolean> {
  const [first, second] = [one.subarray(0, length), other.subarray(0, length)];
  const [ofFirst, ofSecond] = await Promise.all([readUpTo(files[0], first, at), readUpTo(files[1], second, at)]);
  return ofFirst === length && ofSecond === length && first.equals(second);
}
