import { isImageError } from '@image-api/driver';
import type { ImageCache } from '../cache/image-cache.ts';
import type { SwarmEngine } from '../engine/swarm-engine.ts';

/** How an image of the cache is being given to others. */
export interface Giving {
  /** Who is connected at the moment. */
  readonly peers: number;
  /** Bytes that went to others since it was published. */
  readonly uploaded: number;
}

/**
 * The images of the cache that are given to others, by their digests. No engine is started for that.
 *
 * @param find the engine that runs, if one does
 */
export async function givenImages(cache: ImageCache, find: () => Promise<SwarmEngine | undefined>): Promise<ReadonlyMap<string, Giving>> {
  const engine = await find();
  if (!engine) return new Map();
  try {
    const found = await Promise.all(
      (await cache.list()).map(async ({ sha256, manifest }): Promise<[string, Giving] | undefined> => {
        const stats = await engine.stats(manifest.infohash).catch(noneOfIts);
        return stats?.state === 'seeding' ? [sha256, { peers: stats.peers.length, uploaded: stats.uploaded }] : undefined;
      }),
    );
    return new Map(found.filter((one) => one !== undefined));
  } finally {
    await engine.dispose();
  }
}

function noneOfIts(error: unknown): undefined {
  if (!isImageError(error)) throw error;
}
