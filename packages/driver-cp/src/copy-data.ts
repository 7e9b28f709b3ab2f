import type { TransferContext } from '@image-api/driver';
import { PaceControl } from '@image-api/host';
import type { BufferQueue, Extent, OrderedDigest } from '@image-api/host';
import { cancelled } from './call-errors.ts';
import type { Means } from './means.ts';
import { longestFor, movePiece } from './move-piece.ts';
import type { Path } from './move-piece.ts';
import { bytesIn, piecesOf } from './pieces.ts';
import type { Piece } from './pieces.ts';
import type { Tally } from './tally.ts';
import { withinPatience } from './within-patience.ts';

/** Where pieces are hashed on their way. */
export interface Hashing {
  readonly digest: OrderedDigest;
  /** What pieces are moved in: nobody but this copy waits for one of them. */
  readonly buffers: BufferQueue;
  /** How many pieces there is room for. */
  readonly pieces: number;
}

/** Data to be copied between two open files. */
export interface DataJob {
  readonly path: Path;
  readonly means: Means;
  readonly context: TransferContext;
  readonly extents: readonly Extent[];
  /** A piece that takes longer has stalled. */
  readonly stallMs: number;
  readonly tally: Tally;
  readonly hashing?: Hashing | undefined;
  /** Called when a piece is there. */
  readonly onMoved: () => void;
}

/**
 * Move all of it, piece by piece, each when the caller lets it go.
 *
 * When it settles nothing is under way any more, unless the disk does not answer.
 *
 * @throws ImageError
 */
export async function copyData(job: DataJob): Promise<void> {
  const { context, path, means, tally, hashing } = job;
  const underWay = new Set<Promise<void>>();
  const settled = async (): Promise<void> => void (await Promise.all(underWay));
  const control = new PaceControl(context, path.request.limits, settled);
  const lengthNow = (): number => Math.min(control.pieceLength, means.longest, longestFor(path.spare));
  const failures: Error[] = [];
  const fail = (error: Error): void => {
    failures.push(error);
    hashing?.digest.giveUp(error);
  };
  const hashed = new Set<Promise<void>>();
  const room = hashing?.pieces ?? Infinity;
  const move = pieceMover(job, (piece) => {
    const letGo = piece.catch(fail).finally(() => hashed.delete(letGo));
    hashed.add(letGo);
  });
  try {
    for (const piece of piecesOf(job.extents, lengthNow)) {
      await context.checkpoint(bytesIn(piece.runs));
      await control.whilePaused();
      while (underWay.size >= means.atOnce) await Promise.race(underWay);
      // However long that takes, it is no stall.
      while (underWay.size + hashed.size >= room) await Promise.race([...underWay, ...hashed]);
      if (context.signal.aborted) throw cancelled(path.request, context.signal);
      if (failures.length > 0) break;
      tally.begin(piece);
      const moving = move(piece)
        .catch(fail)
        .finally(() => underWay.delete(moving));
      underWay.add(moving);
    }
  } finally {
    await settled();
    control.stop();
  }
  if (failures[0]) throw failures[0];
}

/**
 * Moves pieces, which are told in the order of the image.
 *
 * @param hold told of each that is there, and whose buffer is in use until it is hashed
 */
function pieceMover(job: DataJob, hold: (hashed: Promise<void>) => void): (piece: Piece) => Promise<void> {
  const { path, means, tally, context, stallMs, onMoved, hashing } = job;
  const buffers = hashing?.buffers ?? means.buffers;
  let end = 0;

  /** The buffer is in use until the system says it is not, however long anybody waits for that, and until it is hashed. */
  async function moveIn(piece: Piece, behind: number): Promise<number> {
    const buffer = await buffers.take();
    let hashed: Promise<void> | undefined;
    const onRead = (bytes: Uint8Array): void => void (hashed = hashing?.digest.add(bytes, piece.from, behind));
    try {
      return await movePiece(path, piece, buffer, onRead);
    } finally {
      if (hashed) hold(hashed.finally(() => buffers.giveBack(buffer)));
      else buffers.giveBack(buffer);
    }
  }

  return async (piece) => {
    const moving = moveIn(piece, end);
    end = piece.to;
    path.pending.add(moving);
    const over = (): unknown => path.pending.delete(moving);
    moving.then(over, over);
    const written = await withinPatience(moving, { request: path.request, signal: context.signal, stallMs }).catch((error: unknown) => {
      path.givenUp = true;
      throw error;
    });
    tally.done(piece, written);
    onMoved();
  };
}
