import type { TransferRequest } from '@image-api/driver';
import { longestPiece, missingIn, writesFor } from '@image-api/host';
import type { Extent, FileCalls, Write } from '@image-api/host';
import { callError, cutShort } from './call-errors.ts';
import type { OpenEnds } from './open-ends.ts';
import type { Piece } from './pieces.ts';
import { readPiece } from './read-piece.ts';

/** What need not be written: nothing; zeros, where the destination is a hole; or also what an earlier try wrote before here, and is the same. */
export type Spare = 'nothing' | 'zeros' | { readonly sameBefore: number };

/** What pieces are moved with. */
export interface Path {
  readonly request: TransferRequest;
  readonly ends: OpenEnds;
  readonly calls: FileCalls;
  readonly spare: Spare;
  /** Whether the ends take calls past the page cache, as far as is known; it is found out by trying. */
  readonly past: { from: boolean; to: boolean };
  /** Set when nobody waits any more: a call that comes back late is the last one. */
  givenUp: boolean;
  /** Pieces under way. What is open must stay so until they are done, or a late call would go to whatever has its number by then. */
  readonly pending: Set<Promise<number>>;
}

/** Where bytes of the destination are read to, there is room for half a piece. */
export function longestFor(spare: Spare): number {
  return typeof spare === 'object' ? longestPiece / 2 : longestPiece;
}

/**
 * Move one piece. Answers how many bytes were written.
 *
 * @param buffer room for the longest piece
 * @param onRead told all bytes of the piece, before any of them is written
 * @throws ImageError
 */
export async function movePiece(path: Path, piece: Piece, buffer: Uint8Array, onRead: (bytes: Uint8Array) => void): Promise<number> {
  if (path.givenUp) return 0;
  const bytes = await readPiece(path, piece, buffer).catch((error: unknown) => {
    throw callError({ error, side: 'source', request: path.request, untouched: false });
  });
  if (bytes.length < piece.to - piece.from) throw cutShort(path.request, piece.from + bytes.length);
  onRead(bytes);
  const there = await whatIsThere(path, piece, bytes, buffer.subarray(longestPiece / 2));
  const runs = there ? missingIn(piece.runs, there) : piece.runs;
  let written = 0;
  for (const write of writesFor(runs, path.past.to && path.ends.direct !== undefined)) {
    if (path.givenUp) break;
    await writing(path, write, bytes.subarray(write.from - piece.from, write.to - piece.from));
    written += write.to - write.from;
  }
  return written;
}

type IsThere = (granule: Extent) => boolean;

const zeros = new Uint8Array(longestPiece);

async function whatIsThere(path: Path, piece: Piece, bytes: Uint8Array, room: Uint8Array): Promise<IsThere | undefined> {
  const { spare } = path;
  if (spare === 'nothing') return undefined;
  const known = spare === 'zeros' || piece.from >= spare.sameBefore ? zeros : await oldBytes(path, piece, room);
  return ({ from, to }) => isSame(bytes, known, from - piece.from, to - piece.from);
}

async function oldBytes({ calls, ends, request }: Path, { from, to }: Piece, room: Uint8Array): Promise<Uint8Array> {
  const old = room.subarray(0, to - from);
  const count = await calls.read(ends.to.fd, old, from).catch((error: unknown) => {
    throw callError({ error, side: 'destination', request, untouched: false });
  });
  // What is not there reads as zeros as soon as it is.
  return old.fill(0, count);
}

function isSame(one: Uint8Array, other: Uint8Array, from: number, to: number): boolean {
  return asBuffer(one, from, to).equals(asBuffer(other, from, to));
}

function asBuffer({ buffer, byteOffset }: Uint8Array, from: number, to: number): Buffer {
  return Buffer.from(buffer as ArrayBuffer, byteOffset + from, to - from);
}

async function writing(path: Path, { from, direct }: Write, bytes: Uint8Array): Promise<void> {
  const { calls, ends, request } = path;
  const file = (direct ? ends.direct : undefined) ?? ends.to;
  try {
    await calls.write(file.fd, bytes, from);
  } catch (error) {
    if (file === ends.to || (error as NodeJS.ErrnoException).code !== 'EINVAL') {
      throw callError({ error, side: 'destination', request, untouched: false });
    }
    path.past.to = false;
    await writing(path, { from, to: from + bytes.length, direct: false }, bytes);
  }
}
