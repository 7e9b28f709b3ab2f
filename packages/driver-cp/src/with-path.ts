import { isImageError } from '@image-api/driver';
import { callError, cancelled } from './call-errors.ts';
import type { CopyJob } from './copy-job.ts';
import { ofCp } from './cp-errors.ts';
import { meansFor } from './means.ts';
import type { Means } from './means.ts';
import type { Path } from './move-piece.ts';
import { closeEnds, openEnds } from './open-ends.ts';
import type { OpenEnds } from './open-ends.ts';

/** How data is moved, but for what and where. */
export interface Way {
  /** Both ends and the calls; what may be spared is for the copy to say. */
  readonly path: Path;
  readonly means: Means;
  /** From now on it cannot be said any more that nothing was written. */
  touch(): void;
}

/**
 * Open both ends, have `work` move what is to be moved, and close them.
 *
 * @throws ImageError
 */
export async function withPath<T>(job: CopyJob, work: (way: Way) => Promise<T>): Promise<T> {
  const { request, context } = job;
  const ends = await openEnds(request);
  const pending = new Set<Promise<number>>();
  let [untouched, means]: [boolean, Means | undefined] = [true, undefined];
  try {
    if (context.signal.aborted) throw cancelled(request, context.signal);
    means = await meansFor(job);
    const past = { from: true, to: true };
    const path: Path = { request, ends, calls: means.calls, spare: 'nothing', past, givenUp: false, pending };
    return await work({ path, means, touch: () => void (untouched = false) });
  } catch (error) {
    throw ofCp(isImageError(error) ? error : callError({ error, side: 'destination', request, untouched }), untouched);
  } finally {
    await closeAfter(pending, ends);
    await means?.end();
  }
}

/** What is stuck in the system is not waited for. */
async function closeAfter(pending: ReadonlySet<Promise<number>>, ends: OpenEnds): Promise<void> {
  const stuck = pending.size > 0;
  const closing = Promise.allSettled(pending).then(() => closeEnds(ends));
  if (stuck) closing.catch(() => undefined);
  else await closing;
}
