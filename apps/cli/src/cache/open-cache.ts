import { ImageError } from '@image-api/driver';
import { p2pPrecache } from '@image-api/driver-p2p-precache';
import type { ImageCache, P2pPrecacheDriver } from '@image-api/driver-p2p-precache';
import type { DriverEntry, ResolvedConfig } from 'image-api';

const id = 'p2p-precache';

/**
 * The driver whose cache copies with this config take images from.
 *
 * @throws ImageError UNKNOWN_DRIVER where they take none from any
 */
export function openPrecache({ drivers }: Pick<ResolvedConfig, 'drivers'>): P2pPrecacheDriver {
  if (drivers === undefined) return p2pPrecache();
  const found = drivers.map(precacheOf).find((driver) => driver !== undefined);
  if (found) return found;
  throw new ImageError(`the config names no driver ${id}, so no copy would look into a cache: add ${JSON.stringify(id)} to its drivers`, {
    code: 'UNKNOWN_DRIVER',
    origin: 'caller',
    driver: id,
  });
}

/** Its cache. */
export function openCache(config: Pick<ResolvedConfig, 'drivers'>): ImageCache {
  return openPrecache(config).cache;
}

function precacheOf(entry: DriverEntry): P2pPrecacheDriver | undefined {
  if (typeof entry === 'string') return isName(entry) ? p2pPrecache() : undefined;
  if ('id' in entry) return entry.id === id ? (entry as P2pPrecacheDriver) : undefined;
  const [name, options] = entry;
  return isName(name) ? p2pPrecache(options) : undefined;
}

function isName(name: string): boolean {
  return name === id || name === `@image-api/driver-${id}`;
}
