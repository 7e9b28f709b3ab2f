import { ImageError } from '@image-api/driver';
import { p2pPrecache } from '@image-api/driver-p2p-precache';
import type { ImageCache, P2pPrecacheDriver } from '@image-api/driver-p2p-precache';
import type { DriverEntry, ResolvedConfig } from 'image-api';

const id = 'p2p-precache';

/**
 * The cache that copies with this config take images from.
 *
 * @throws ImageError UNKNOWN_DRIVER where they take none from any
 */
export function openCache({ drivers }: Pick<ResolvedConfig, 'drivers'>): ImageCache {
  if (drivers === undefined) return p2pPrecache().cache;
  const found = drivers.map(cacheOf).find((cache) => cache !== undefined);
  if (found) return found;
  throw new ImageError(`the config names no driver ${id}, so no copy would look into a cache: add ${JSON.stringify(id)} to its drivers`, {
    code: 'UNKNOWN_DRIVER',
    origin: 'caller',
    driver: id,
  });
}

function cacheOf(entry: DriverEntry): ImageCache | undefined {
  if (typeof entry === 'string') return isName(entry) ? p2pPrecache().cache : undefined;
  if ('id' in entry) return entry.id === id ? (entry as Partial<P2pPrecacheDriver>).cache : undefined;
  const [name, options] = entry;
  return isName(name) ? p2pPrecache(options).cache : undefined;
}

function isName(name: string): boolean {
  return name === id || name === `@image-api/driver-${id}`;
}
