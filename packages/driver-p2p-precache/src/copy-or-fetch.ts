import type { TransferContext, TransferReport, TransferRequest } from '@image-api/driver';
import type { ImageCache } from './cache/image-cache.ts';
import { contentOf } from './content-of.ts';
import { openSwarmEngine } from './engine/open-swarm-engine.ts';
import type { ListenWish } from './engine/qbittorrent/choose-ports.ts';
import { engineFlaw } from './engine/engine-flaw.ts';
import type { Fetched } from './fetch-content.ts';
import { fetchInPlace, fetchIntoCache, goesIntoCache } from './fetch-into-cache.ts';
import type { FetchInput } from './fetch-into-cache.ts';
import { fillFromFile } from './fill-from-file.ts';
import { Hand } from './hand.ts';
import { copyOut } from './out/copy-out.ts';
import { cancelled } from './p2p-precache-errors.ts';

/** A copy, with what the driver was made with. */
export interface CopyJob {
  readonly cache: ImageCache;
  /** How long no piece may come from anybody, in milliseconds. */
  readonly stallMs: number;
  readonly listen: ListenWish;
  readonly request: TransferRequest;
  readonly context: TransferContext;
}

/** Copy an image out of the cache, into which it is fetched before when it is not there. */
export async function copyOrFetch(job: CopyJob): Promise<TransferReport> {
  const { cache, request, context } = job;
  const sha256 = contentOf(request) ?? '';
  if (context.signal.aborted) throw cancelled(request, context.signal);
  const hand = new Hand(context, request.limits);
  try {
    const out = { ...job, sha256, hand };
    if (!isPublished(request) || (await cache.find(sha256)))
      return await copyOut({ ...out, paced: true, tell: (counters) => context.report(counters) });
    const input = { ...job, hand, ...(await engineHere(job)) };
    if (goesIntoCache(cache, request)) {
      const { size, fetched } = await fetchInPlace(input);
      return fetchReport(size, sha256, fetched);
    }
    const fetched = await fetchIntoCache(input);
    const { fromSize = 0 } = await copyOut({ ...out, paced: false, tell: () => undefined });
    return fetchReport(fromSize, sha256, fetched);
  } finally {
    hand.stop();
  }
}

/** Put an image into the cache: from its swarm, or from a file of this machine. */
export async function fillCacheWith(job: CopyJob): Promise<TransferReport> {
  const { cache, request, context } = job;
  const sha256 = contentOf(request);
  if (!isPublished(request) || sha256 === undefined || (await cache.find(sha256))) return fillFromFile(cache, sha256, request, context);
  const hand = new Hand(context, request.limits);
  try {
    const fetched = await fetchIntoCache({ ...job, hand, ...(await engineHere(job)) });
    return fetchReport((await cache.find(sha256))?.manifest.size ?? 0, sha256, fetched);
  } finally {
    hand.stop();
  }
}

/** Whether its address says more of it than its digest. */
function isPublished({ from }: TransferRequest): boolean {
  return from.scheme === 'p2p' && from.params['manifest'] !== undefined;
}

/** How to reach the engine of this machine; nothing where there is none. */
async function engineHere({ listen, context }: CopyJob): Promise<Pick<FetchInput, 'openEngine'>> {
  return (await engineFlaw(context.env.local)) === undefined ? { openEngine: () => openSwarmEngine(listen) } : {};
}

/** Bytes are told as they come into the cache; that they are copied once more within this machine is not. */
function fetchReport(size: number, sha256: string, { fromPeers, fromOrigin, warnings }: Fetched): TransferReport {
  const bytesSent = fromPeers + fromOrigin;
  return {
    counters: { bytesLogical: size, bytesSent, bytesSkipped: Math.max(0, size - bytesSent) },
    fromSize: size,
    fromDigest: `sha256:${sha256}`,
    ...(warnings.length > 0 && { warnings }),
  };
}
