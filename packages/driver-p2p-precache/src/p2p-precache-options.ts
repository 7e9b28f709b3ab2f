import { isAbsolute } from 'node:path';
import { ImageError } from '@image-api/driver';
import type { CacheSettings } from './cache/image-cache.ts';
import type { KeepArrived } from './keep-arrived.ts';
import { defaultDirectory } from './cache/default-directory.ts';
import type { ListenWish } from './engine/qbittorrent/choose-ports.ts';

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
  /**
   * Where peers reach this machine while it fetches or gives images: an address of it, one of its network interfaces, a port. Default: all
   * addresses, and a port that is free.
   */
  readonly listen?: ListenWish;
  /**
   * Keep what other drivers bring to files of this machine, too, where its sha256 was known beforehand: `clone`, where the cache and the file can
   * share their blocks; `copy`, also where it takes room of its own. It is hashed once more, and the result of the copy waits for that; the limit
   * of the copy is not for it. Default: only what is put there.
   */
  readonly keepArrived?: KeepArrived;
}

/** The options over the defaults. */
export interface P2pPrecacheSettings {
  readonly cache: CacheSettings;
  readonly stallMs: number;
  readonly listen: ListenWish;
  readonly keepArrived?: KeepArrived;
}

const dayMs = 24 * 3_600_000;

const takes =
  'it takes cacheDir (an absolute path), maxSize (a number of bytes), minAgeMs, checkAfterMs and stallMs (numbers of milliseconds), ' +
  "listen (an object with address, interface and port), and keepArrived ('clone' or 'copy'); the cache is that of all copies, so none has options of its own";

/**
 * The options over the defaults.
 *
 * @throws ImageError BAD_OPTION for a name or value that is not an option
 */
export function p2pPrecacheOptions(options: object): P2pPrecacheSettings {
  const known = ['cacheDir', 'maxSize', 'minAgeMs', 'checkAfterMs', 'stallMs', 'listen', 'keepArrived'];
  const stranger = Object.keys(options).find((name) => !known.includes(name));
  if (stranger !== undefined) throw badOption(`it has no option ${JSON.stringify(stranger)}`);
  const { cacheDir: directory, maxSize, minAgeMs, checkAfterMs, stallMs, listen, keepArrived }: P2pPrecacheOptions = options;
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
    listen: listenOf(listen),
    ...(keepArrived !== undefined && { keepArrived: keepArrivedOf(keepArrived) }),
  };
}

/** @throws ImageError BAD_OPTION: one copy has none */
export function refuseOptions(driverOptions: object): void {
  const [name] = Object.keys(driverOptions);
  if (name !== undefined) throw badOption(`${JSON.stringify(name)} is no option of one copy`);
}

function listenOf(value: unknown): ListenWish {
  if (value === undefined) return {};
  if (typeof value !== 'object' || value === null) throw badOption(`listen is ${JSON.stringify(value)}`);
  const { address, interface: name, port, ...others }: { readonly [name: string]: unknown } = { ...value };
  const fits = (text: unknown): text is string | undefined => text === undefined || (typeof text === 'string' && text !== '');
  const isPort = port === undefined || (Number.isInteger(port) && Number(port) >= 1 && Number(port) <= 65_535);
  if (Object.keys(others).length > 0 || !fits(address) || !fits(name) || !isPort) throw badOption(`listen is ${JSON.stringify(value)}`);
  return {
    ...(address !== undefined && { address }),
    ...(name !== undefined && { interface: name }),
    ...(port !== undefined && { port: Number(port) }),
  };
}

function keepArrivedOf(value: unknown): KeepArrived {
  if (value === 'clone' || value === 'copy') return value;
  throw badOption(`keepArrived is ${JSON.stringify(value)}`);
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
