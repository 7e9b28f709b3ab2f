import type { TransferContext } from '@image-api/driver';
import { PaceControl } from '@image-api/host';
import type { BufferQueue, Extent } from '@image-api/host';
import { cancelled } from './call-errors.ts';
import type { Means } from './means.ts';
import { longestFor, movePiece } from './move-piece.ts';
import type { Path } from './move-piece.ts';
import { bytesIn, piecesOf } from './pieces.ts';
import type { Piece } from './pieces.ts';
import type { Tally } from './tally.ts';
import { withinPatience } from './within-patience.ts';

/** Data to be copied between two open files. */
export interface DataJob {
  readonly path: Path;
  readonly means: Means;
  readonly context: TransferContext;
  readonly extents: readonly Extent[];
  /** A piece that takes longer has stalled. */
  readonly stallMs: number;
  readonly tally: Tally;
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
  const { context, path, means, tally } = job;
  const underWay = new Set<Promise<void>>();
  const settled = async (): Promise<void> => void (await Promise.all(underWay));
  const control = new PaceControl(context, path.request.limits, settled);
  const lengthNow = (): number => Math.min(control.pieceLength, means.longest, longestFor(path.spare));
  const failures: Error[] = [];
  try {
    for (const piece of piecesOf(job.extents, lengthNow)) {
      await context.checkpoint(bytesIn(piece.runs));
      await control.whilePaused();
      while (underWay.size >= means.atOnce) await Promise.race(underWay);
      if (context.signal.aborted) throw cancelled(path.request, context.signal);
      if (failures.length > 0) break;
      tally.begin(piece);
      const moving = move(job, piece)
        .catch((error: Error) => void failures.push(error))
        .finally(() => underWay.delete(moving));
      underWay.add(moving);
    }
  } finally {
    await settled();
    control.stop();
  }
  if (failures[0]) throw failures[0];
}

async function move({ path, means, tally, context, stallMs, onMoved }: DataJob, piece: Piece): Promise<void> {
  const moving = moveIn(path, piece, means.buffers);
  path.pending.add(moving);
  const over = (): unknown => path.pending.delete(moving);
  moving.then(over, over);
  const written = await withinPatience(moving, { request: path.request, signal: context.signal, stallMs }).catch((error: unknown) => {
    path.givenUp = true;
    throw error;
  });
  tally.done(piece, written);
  onMoved();
}

/** The buffer is in use until the system says it is not, however long anybody waits for that. */
async function moveIn(path: Path, piece: Piece, buffers: BufferQueue): Promise<number> {
  const buffer = await buffers.take();
  try {
    return await movePiece(path, piece, buffer);
  } finally {
    buffers.giveBack(buffer);
  }
}
