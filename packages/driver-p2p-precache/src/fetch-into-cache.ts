import { sep } from 'node:path';
import type { TransferContext, TransferRequest } from '@image-api/driver';
import { parseContentAddress } from './address/content-address.ts';
import { missing } from './cache/cache-errors.ts';
import type { ImageCache } from './cache/image-cache.ts';
import type { SwarmEngine } from './engine/swarm-engine.ts';
import { fetchContent } from './fetch-content.ts';
import type { Fetched, FetchJob } from './fetch-content.ts';
import type { Hand } from './hand.ts';
import { startFrom } from './start-from.ts';
import { fetchError } from './p2p-precache-errors.ts';
import { readPublished } from './published/read-published.ts';

/** What fetching an image takes. */
export interface FetchInput {
  readonly cache: ImageCache;
  readonly request: TransferRequest;
  readonly context: TransferContext;
  readonly hand: Hand;
  /** Absent where this machine has no engine. */
  readonly openEngine?: () => Promise<SwarmEngine>;
  readonly stallMs: number;
}

/**
 * Fetch a published image into the cache, unless somebody did meanwhile. It is there, and checked, when this resolves.
 *
 * @throws ImageError
 */
export async function fetchIntoCache(input: FetchInput): Promise<Fetched> {
  const { cache, request, context } = input;
  const job = await jobFor(input);
  let fetched: Fetched = { fromPeers: 0, fromOrigin: 0, warnings: [] };
  const fetch = async (path: string): Promise<object> => {
    await startFrom(request, path, job.published.manifest.size, context);
    fetched = await fetchContent(job, path);
    return {};
  };
  const onArrived = (): void => context.report({ phase: 'check' });
  const { sha256 } = job.address;
  const options = { signal: context.signal, goesOn: true, onArrived };
  await cache.put({ from: request.from.href, sha256 }, fetch, options).catch((error: unknown) => {
    throw fetchError(error, request);
  });
  return fetched;
}

/** Fetch it to where it is wanted: somebody is putting it into the cache by an ordinary copy, and holds its place there. */
export async function fetchInPlace(input: FetchInput): Promise<{ readonly size: number; readonly fetched: Fetched }> {
  const job = await jobFor(input);
  return { size: job.published.manifest.size, fetched: await fetchContent(job, input.request.to.path) };
}

/** Whether the copy itself fills the cache. */
export function goesIntoCache({ settings: { directory } }: ImageCache, { to }: { readonly to: { readonly path: string } }): boolean {
  return to.path.startsWith(`${directory}${sep}`);
}

async function jobFor({ request, context, ...input }: FetchInput): Promise<FetchJob> {
  const address = parseContentAddress(request.from);
  const { sha256, manifest } = address;
  if (manifest === undefined) throw missing(sha256, input.cache.settings.directory);
  return { ...input, address, context, published: await readPublished(manifest, sha256, context) };
}
