import { readFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import type { ContentAddress } from '../address/content-address.ts';
import { formatContentAddress } from '../address/content-address.ts';
import { missing } from '../cache/cache-errors.ts';
import type { Entry } from '../cache/entry.ts';
import type { ImageCache } from '../cache/image-cache.ts';
import { inCache } from '../cache/in-cache.ts';
import type { SwarmEngine, SwarmPeer } from '../engine/swarm-engine.ts';
import { formatPublished } from '../published/published-image.ts';
import { reachableAddress } from './reachable-address.ts';

/** How an image of the cache is given to others. */
export interface PublishOptions {
  /** How long, after whoever published it has gone, in milliseconds. Default an hour. */
  readonly lingerMs?: number;
  /** At most so many bytes per second, to all together. Default: no limit. */
  readonly upload?: number;
  /** Where the image may be read as a whole when no peer has it: an absolute path, or an address of a web server. Default: nowhere. */
  readonly origin?: string;
  /** Gives it up before it began. */
  readonly signal?: AbortSignal;
}

/** An image that others can fetch. */
export interface Publication {
  /** What to copy from: `p2p:sha256-…?manifest=…&peer=…`. Its manifest is the one in the cache, which only this user can read. */
  readonly uri: string;
  readonly entry: Entry;
  /** Where this machine gives it to others. */
  readonly peer: SwarmPeer;
  /** What other machines must know of it, as the text of a file: its manifest, its torrent, and its origin. */
  readonly manifest: string;
  /** The same address with the manifest in another place. */
  uriWith(manifest: string): string;
}

const usualLingerMs = 3_600_000;

/**
 * Give an image of the cache to whoever asks for it. It is checked before, when that is due, and stays in the cache meanwhile.
 *
 * @param open the engine is let go of; it goes on by itself
 * @throws ImageError SOURCE_MISSING when it is not in the cache, and those of the engine
 */
export function publishImage(
  cache: ImageCache,
  sha256: string,
  open: () => Promise<SwarmEngine>,
  { lingerMs = usualLingerMs, upload, origin, signal }: PublishOptions,
): Promise<Publication> {
  const publish = async (entry: Entry): Promise<Publication> => {
    const places = cache.placesOf(sha256);
    const torrent = await inCache('read', places.torrent, () => readFile(places.torrent));
    const engine = await open();
    try {
      const options = { seedOnly: true, lingerMs, leases: places.leases, limits: { ...(upload !== undefined && { upload }) } };
      // Of an empty image there is nothing to give, and its manifest says all.
      if (entry.manifest.size > 0) await engine.add(entry.manifest, torrent, entry.path, options);
      const peer = reachableAddress(engine.listening, networkInterfaces());
      const address: ContentAddress = { sha256, peers: [peer], ...(origin !== undefined && { origin }) };
      const uriWith = (manifest: string): string => formatContentAddress({ ...address, manifest });
      const manifest = formatPublished({ manifest: entry.manifest, torrent, ...(isForOthers(origin) && { origin }) });
      return { uri: uriWith(places.manifest), entry, peer, manifest, uriWith };
    } finally {
      await engine.dispose();
    }
  };
  return cache.use(sha256, publish, signal);
}

/** No longer give it to anybody. */
export async function unpublishImage(cache: ImageCache, sha256: string, open: () => Promise<SwarmEngine>): Promise<void> {
  const entry = await cache.find(sha256);
  if (!entry) throw missing(sha256, cache.settings.directory);
  const places = cache.placesOf(sha256);
  const torrent = await inCache('read', places.torrent, () => readFile(places.torrent));
  const engine = await open();
  try {
    // Who wants it last says how long it stays.
    await engine.add(entry.manifest, torrent, entry.path, { seedOnly: true, leases: places.leases });
    await engine.remove(entry.manifest.infohash);
  } finally {
    await engine.dispose();
  }
}

/** A path means something on this machine only. */
function isForOthers(origin: string | undefined): origin is string {
  return origin !== undefined && !origin.startsWith('/');
}
