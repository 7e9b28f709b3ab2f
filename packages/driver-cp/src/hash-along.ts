import { alignedBuffers, BufferQueue, OrderedDigest } from '@image-api/host';
import type { TransferContext, TransferReport, TransferRequest } from '@image-api/driver';
import { cancelled } from './call-errors.ts';
import type { Hashing } from './copy-data.ts';

/** Two pieces that move, and some that are there and wait to be hashed. */
const pieces = 6;

/** Sets of buffers, each in one memory, kept for the next copy: memory like this is dear to make, and only let go of much later. */
const spare: (readonly Uint8Array[])[] = [];

export interface HashedCopy {
  readonly request: TransferRequest;
  readonly context: TransferContext;
  /** Of the image, in bytes. */
  readonly size: number;
  /** Whether the system may still be using the buffers when the work is over. */
  readonly isMoving: () => boolean;
}

/**
 * Have `work` copy an image, and hash it on its way.
 *
 * @throws whatever `work` does
 */
export async function hashAlong(
  { request, context, size, isMoving }: HashedCopy,
  work: (hashing: Hashing) => Promise<void>,
): Promise<Pick<TransferReport, 'fromDigest' | 'writtenDigest'>> {
  const buffers = spare.pop() ?? alignedBuffers(pieces, 'shared');
  const digest = OrderedDigest.ofShared(size, buffers[0]?.buffer as unknown as SharedArrayBuffer);
  const giveUp = (): void => digest.giveUp(cancelled(request, context.signal));
  context.signal.addEventListener('abort', giveUp, { once: true });
  if (context.signal.aborted) giveUp();
  try {
    await work({ digest, buffers: new BufferQueue(() => [...buffers]), pieces });
    const fromDigest = await digest.digest(size);
    return { fromDigest, writtenDigest: fromDigest };
  } finally {
    context.signal.removeEventListener('abort', giveUp);
    await digest.end();
    if (!isMoving()) spare.push(buffers);
  }
}
