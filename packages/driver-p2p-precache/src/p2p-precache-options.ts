import { isAbsolute } from 'node:path';
import { ImageError } from '@image-api/driver';
import type { CacheSettings } from './cache/image-cache.ts';
import { defaultDirectory } from './cache/default-directory.ts';

/** What `p2pPrecache()` takes. */
export interface P2pPrecacheOptions {
  /** An absolute path. Default `/var/cache/image-api` of root, `$XDG_CACHE_HOME/image-api` or `~/.cache/image-api` of others. */
  readonly cacheDir?: string;
  /** Bytes on disk that all cached images may take together; what was not used for longest goes first. Default 100 GiB. */
  readonly maxSize?: number;
  /** What was used within so many milliseconds stays, even if the cache is too large. Default 3600000, an hour. */
  readonly minAgeMs?: number;
  /** An image whose digest was computed longer ago than so many milliseconds is checked before it is used. Default 30 days. */
  readonly checkAfterMs?: number;
  /**
   * No piece of an image came from any peer for so many milliseconds: then it is read from its origin, or the copy fails. Default 60000.
   */
  readonly stallMs?: number;
}

/** The options over the defaults. */
export interface P2pPrecacheSettings {
  readonly cache: CacheSettings;
  readonly stallMs: number;
}

const dayMs = 24 * 3_600_000;

const takes =
  'it takes cacheDir (an absolute path), maxSize (a number of bytes), minAgeMs, checkAfterMs and stallMs (numbers of milliseconds); the cache is ' +
  'that of all copies, so none has options of its own';

/**
 * The options over the defaults.
 *
 * @throws ImageError BAD_OPTION for a name or value that is not an option
 */
export function p2pPrecacheOptions(options: object): P2pPrecacheSettings {
  const known = ['cacheDir', 'maxSize', 'minAgeMs', 'checkAfterMs', 'stallMs'];
  const stranger = Object.keys(options).find((name) => !known.includes(name));
  if (stranger !== undefined) throw badOption(`it has no option ${JSON.stringify(stranger)}`);
  const { cacheDir: directory, maxSize, minAgeMs, checkAfterMs, stallMs }: P2pPrecacheOptions = options;
  if (directory !== undefined && !(typeof directory === 'string' && isAbsolute(directory)))
    throw badOption(`cacheDir is ${JSON.stringify(directory)}`);
  return {
    cache: {
      directory: directory ?? defaultDirectory(),
      maxSize: numberOf('maxSize', maxSize, 100 * 2 ** 30),
      minAgeMs: numberOf('minAgeMs', minAgeMs, 3_600_000),
      checkAfterMs: numberOf('checkAfterMs', checkAfterMs, 30 * dayMs),
    },
    stallMs: numberOf('stallMs', stallMs, 60_000),
  };
}

/** @throws ImageError BAD_OPTION: one copy has none */
export function refuseOptions(driverOptions: object): void {
  const [name] = Object.keys(driverOptions);
  if (name !== undefined) throw badOption(`${JSON.stringify(name)} is no option of one copy`);
}

function numberOf(name: string, value: unknown, otherwise: number): number {
  if (value === undefined) return otherwise;
  if (typeof value === 'number' && value >= 0) return value;
  throw badOption(`${name} is ${JSON.stringify(value)}`);
}

function badOption(what: string): ImageError {
  return new ImageError(`driver p2p-precache: ${what}; ${takes}`, {
    code: 'BAD_OPTION',
    origin: 'caller',
    driver: 'p2p-precache',
    untouched: true,
  });
}
