import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import type { ContentDigest, Host } from '@image-api/driver';
import { cancelledReading } from './cancelled-reading.ts';
import { blockSize, hashContent, lanes } from './content-thread.ts';
import { worthwhileExtents } from './data-extents.ts';
import type { Extent } from './data-extents.ts';
import { statLocally } from './stat-locally.ts';
import { withImage } from './with-image.ts';

let running = 0;

/** See `Host.contentDigest`. */
export async function contentDigestLocally(
  path: string,
  ours: NodeJS.ProcessEnv,
  { signal = new AbortController().signal, length = Infinity }: Parameters<Host['contentDigest']>[1] = {},
): Promise<ContentDigest> {
  return withImage(path, async (file) => {
    const size = Math.min(length, (await statLocally(path, true))?.size ?? 0);
    const extents = (await worthwhileExtents(file, { size, ours, signal })) ?? [{ from: 0, to: size }];
    return joinLanes(await hashAll({ file: file.fd, extents: inBlocks(extents, size), size }, signal));
  }).catch((error: unknown) => {
    throw signal.aborted ? cancelledReading(path, signal) : error;
  });
}

/** One digest of those of all lanes, each in lower-case hexadecimal. */
export function joinLanes(digests: readonly string[]): ContentDigest {
  return `content:${createHash('sha256').update(digests.join('\n')).digest('hex')}`;
}

async function hashAll(
  image: { readonly file: number; readonly extents: readonly Extent[]; readonly size: number },
  signal: AbortSignal,
): Promise<readonly string[]> {
  // No more threads than there are processors, but each image has one.
  const threads = Math.max(1, Math.min(lanes, availableParallelism() - running));
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const all = Array.from({ length: lanes }, (_, lane) => lane);
  const hashing = Array.from({ length: threads }, async (_, thread) => {
    const mine = all.filter((lane) => lane % threads === thread);
    running += 1;
    try {
      return await hashContent({ ...image, mine }, either);
    } catch (error) {
      failed.abort(error);
      throw error;
    } finally {
      running -= 1;
    }
  });
  // The file is closed when it is over, and must not be read any more by then.
  await Promise.allSettled(hashing);
  // What the first one failed at is why the others did.
  if (failed.signal.aborted) throw failed.signal.reason;
  const found = new Map((await Promise.all(hashing)).flat());
  return all.map((lane) => found.get(lane) ?? '');
}

/** In whole blocks, none of them twice: they are further apart than one is long. */
function inBlocks(extents: readonly Extent[], size: number): readonly Extent[] {
  return extents.map(({ from, to }) => ({
    from: from - (from % blockSize),
    to: Math.min(size, Math.ceil(to / blockSize) * blockSize),
  }));
}
