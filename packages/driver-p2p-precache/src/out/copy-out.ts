import type { TransferContext, TransferReport, TransferRequest } from '@image-api/driver';
import { cloneChance } from '@image-api/host';
import { factsOf } from '../cache/entry.ts';
import type { Entry } from '../cache/entry.ts';
import type { ImageCache } from '../cache/image-cache.ts';
import type { Hand } from '../hand.ts';
import { cancelled, copyError } from '../p2p-precache-errors.ts';
import { cloneCommand } from './clone-command.ts';
import { copyPieces } from './copy-pieces.ts';
import type { OutCounters } from './copy-pieces.ts';

/** A copy out of the cache. */
export interface OutJob {
  readonly cache: ImageCache;
  readonly sha256: string;
  readonly request: TransferRequest;
  readonly context: TransferContext;
  readonly hand: Hand;
  /** Whether the limit is for these bytes; not where it was for those that came into the cache just now. */
  readonly paced: boolean;
  /** Tell how far it is; not where its bytes were counted already when they came into the cache. */
  readonly tell: (counters: OutCounters) => void;
}

/** Copy an image out of the cache: blocks are shared where the filesystem can, else what is no hole is copied. */
export async function copyOut(job: OutJob): Promise<TransferReport> {
  const { cache, sha256, request, context } = job;
  const { signal, report } = context;
  if (signal.aborted) throw cancelled(request, signal);
  report({ phase: 'copy' });
  let begun = false;
  try {
    return await cache.use(
      sha256,
      async (entry) => {
        begun = true;
        const { size } = entry.manifest;
        const counters = (await tryClone(entry, job)) ? cloned(size) : await copyPieces(entry, job);
        job.tell(counters);
        return { counters: { ...counters, bytesSent: 0 }, fromSize: size, fromDigest: `sha256:${sha256}` };
      },
      signal,
    );
  } catch (error) {
    throw copyError(error, request, !begun || (await isEmpty(request, context)));
  }
}

function cloned(size: number): OutCounters {
  return { bytesLogical: size, bytesRead: 0, bytesSkipped: size };
}

/** False when the filesystem does not; what was there is then as it was, or empty. */
async function tryClone(entry: Entry, { request, context }: OutJob): Promise<boolean> {
  if (request.held !== undefined) return false;
  const { env, signal } = context;
  const chance = await cloneChance({ from: { facts: factsOf(entry) }, to: request.to }, env.local, signal);
  if (chance === 'no') return false;
  const { tool, args } = cloneCommand(entry, request.to.path);
  // Why it was refused is found out by copying: either that works, or it fails for the same reason.
  const { exitCode } = await env.local.run(tool, args, { signal, killAfterMs: 1000 });
  return exitCode === 0;
}

async function isEmpty({ to, held }: TransferRequest, { env }: TransferContext): Promise<boolean> {
  if (held !== undefined) return false;
  const stat = await env.local.stat(to.path).catch(() => undefined);
  return stat?.kind === 'file' && stat.size === 0 && stat.allocated === 0;
}
