import { alignedBuffers, BufferQueue, longestPiece, ordinaryCalls } from '@image-api/host';
import type { FileCalls } from '@image-api/host';
import type { CopyJob } from './copy-job.ts';
import { idleCalls } from './idle-calls.ts';

/** What data is moved with. */
export interface Means {
  readonly calls: FileCalls;
  readonly buffers: BufferQueue;
  /** Pieces under way at the same time, at the most. */
  readonly atOnce: number;
  /** No piece is longer, in bytes. */
  readonly longest: number;
  end(): Promise<void>;
}

/** All copies of this process share them. One thread that Node has for files is left to others. */
const ordinaryBuffers = new BufferQueue(() => alignedBuffers(3, 'shared'));
const ordinary: Means = {
  calls: ordinaryCalls,
  buffers: ordinaryBuffers,
  atOnce: 2,
  longest: longestPiece,
  end: () => Promise.resolve(),
};

const idleBuffers = new BufferQueue(() => alignedBuffers(2, 'shared'));
/** Whoever else asks the disk for something waits for one piece at the most. */
const idleLongest = longestPiece / 8;

/** As fast as it goes, or giving way to everything else. */
export async function meansFor({ request, context, host }: CopyJob): Promise<Means> {
  if (request.priority !== 'idle') return ordinary;
  const calls = await idleCalls({ host, logger: context.env.logger, signal: context.signal });
  return { calls, buffers: idleBuffers, atOnce: 1, longest: idleLongest, end: () => calls.end() };
}
