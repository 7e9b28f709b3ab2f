import { access, constants } from 'node:fs/promises';
import { dirname } from 'node:path';
import { defineDriver } from '@image-api/driver';
import type { Availability, Driver, Environment, Offer, OfferContext, TransferRequest } from '@image-api/driver';
import { cloneChance, createHosts } from '@image-api/host';
import { factsOf } from './cache/entry.ts';
import { flawOf } from './cache/own-directory.ts';
import { ImageCache } from './cache/image-cache.ts';
import { contentOf } from './content-of.ts';
import { engineFlaw } from './engine/engine-flaw.ts';
import { findSwarmEngine, openSwarmEngine } from './engine/open-swarm-engine.ts';
import type { SwarmEngine } from './engine/swarm-engine.ts';
import { keepArrived } from './keep-arrived.ts';
import { precacheOffer, refusal } from './p2p-precache-offer.ts';
import { p2pPrecacheOptions, refuseOptions } from './p2p-precache-options.ts';
import type { P2pPrecacheOptions } from './p2p-precache-options.ts';
import { givenImages } from './publish/given-images.ts';
import type { Giving } from './publish/given-images.ts';
import type { Publication, PublishOptions } from './publish/publish-image.ts';

/** A driver with its cache, for who puts images there, and gives them to others. */
export interface P2pPrecacheDriver extends Driver {
  readonly cache: ImageCache;
  /**
   * Give an image of the cache to whoever asks for it, from now on and for a while after this process is gone.
   *
   * @param sha256 in lower-case hexadecimal
   * @throws ImageError SOURCE_MISSING when it is not in the cache, TOOL_MISSING without qbittorrent-nox
   */
  publish(sha256: string, options?: PublishOptions): Promise<Publication>;
  /** No longer give it to anybody. Harmless when nobody does. */
  unpublish(sha256: string): Promise<void>;
  /** The images that are given to others, by their digests. */
  given(): Promise<ReadonlyMap<string, Giving>>;
}

/**
 * Copies of images that this machine has in its cache, wherever they would else come from.
 *
 * @throws ImageError BAD_OPTION
 */
export function p2pPrecache(options: P2pPrecacheOptions = {}): P2pPrecacheDriver {
  const settings = p2pPrecacheOptions(options);
  const cache = new ImageCache(settings.cache, createHosts().local);
  const how = settings.keepArrived;
  const driver = defineDriver({
    specVersion: 1,
    id: 'p2p-precache',
    // The scheme is named, so that it is known to be one.
    capabilities: {
      routes: [
        { from: 'p2p', to: 'file' },
        { from: '*', to: 'file' },
      ],
      sparse: true,
      resume: true,
      delta: true,
      pause: true,
      limits: 'live',
      progress: 'bytes',
      cache: true,
    },
    refuses,
    probe: (env) => probe(cache, env),
    offer: async (request, context) => offer(cache, request, context),
    async transfer(request, context) {
      refuseOptions(request.driverOptions);
      const { copyOrFetch } = await import('./copy-or-fetch.ts');
      return copyOrFetch({ ...settings, cache, request, context });
    },
    fill: async (request, context) => {
      const { fillCacheWith } = await import('./copy-or-fetch.ts');
      return fillCacheWith({ ...settings, cache, request, context });
    },
    ...(how && { arrived: async (image, context) => keepArrived(cache, how, image, context) }),
  });
  const open = (): Promise<SwarmEngine> => openSwarmEngine(settings.listen);
  return {
    ...driver,
    cache,
    publish: async (sha256, wish = {}) => (await publishing()).publishImage(cache, sha256, open, wish),
    unpublish: async (sha256) => (await publishing()).unpublishImage(cache, sha256, open),
    given: async () => givenImages(cache, () => findSwarmEngine(settings.listen)),
  };
}

const publishing = () => import('./publish/publish-image.ts');

/** Can the cache be used, or made? Looks only. */
async function probe({ settings: { directory } }: ImageCache, { local }: Environment): Promise<Availability> {
  const tools = await Promise.all(['cp', 'flock'].map((name) => local.tool(name)));
  const missing = tools.find((tool) => !tool.available);
  if (missing && !missing.available) return { available: false, reason: missing.reason };
  const flaw = await flawOf(directory);
  if (flaw !== undefined) return { available: false, reason: `the cache ${directory} ${flaw}: name a directory of your own as cacheDir` };
  if (!(await mayWriteBelow(directory)))
    return { available: false, reason: `the cache ${directory} may not be made: name another as cacheDir` };
  const why = await engineFlaw(local);
  return { available: true, detail: `cache ${directory}`, ...(why !== undefined && { warnings: [`no swarms: ${why}`] }) };
}

async function mayWriteBelow(directory: string): Promise<boolean> {
  try {
    await access(directory, constants.W_OK);
    return true;
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    return isMissing && dirname(directory) !== directory && mayWriteBelow(dirname(directory));
  }
}

function refuses(request: TransferRequest): string | undefined {
  refuseOptions(request.driverOptions);
  const reason = refusal(request);
  if (reason !== undefined || contentOf(request) !== undefined) return reason;
  return 'the content is not known beforehand: give its checksum, or a p2p: address';
}

async function offer(cache: ImageCache, request: TransferRequest, { env, signal, hosts }: OfferContext): Promise<Offer> {
  const reason = refuses(request);
  if (reason !== undefined) return { accept: false, reason };
  const sha256 = contentOf(request) ?? '';
  const entry = await cache.find(sha256);
  if (!entry && request.from.scheme === 'p2p') {
    const { fetchOffer } = await import('./fetch-offer.ts');
    return fetchOffer(cache, request, { env, signal, hosts });
  }
  if (!entry) return { accept: false, reason: `not in the cache ${cache.settings.directory}: imagectl precache puts it there` };
  const chance = await cloneChance({ from: { facts: factsOf(entry) }, to: request.to }, env.local, signal);
  return precacheOffer(request, entry, chance, cache.isDue(entry));
}
