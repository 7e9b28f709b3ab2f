import { BufferQueue } from './buffer-queue.ts';
import type { CopyJob } from './copy-job.ts';
import { ordinaryCalls } from './file-calls.ts';
import type { FileCalls } from './file-calls.ts';
import { idleCalls } from './idle-calls.ts';
import { longestPiece } from '@image-api/host';

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
const ordinaryBuffers = new BufferQueue(3);
const ordinary: Means = {
  calls: ordinaryCalls,
  buffers: ordinaryBuffers,
  atOnce: 2,
  longest: longestPiece,
  end: () => Promise.resolve(),
};

const idleBuffers = new BufferQueue(2);
/** Whoever else asks the disk for something waits for one piece at the most. */
const idleLongest = longestPiece / 8;

/** As fast as it goes, or giving way to everything else. */
export async function meansFor({ request, context, host }: CopyJob): Promise<Means> {
  if (request.priority !== 'idle') return ordinary;
  const calls = await idleCalls({ host, logger: context.env.logger, signal: context.signal });
  return { calls, buffers: idleBuffers, atOnce: 1, longest: idleLongest, end: () => calls.end() };
}
