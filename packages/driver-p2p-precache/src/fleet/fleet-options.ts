import { isAbsolute } from 'node:path';
import { ImageError } from '@image-api/driver';
import type { Authority, Limits } from '@image-api/driver';
import type { FromCached } from './choose-older.ts';

/** How a fleet is to be served. */
export interface PrecacheOptions {
  /** Where the hosts have their caches: an absolute path. Default: where `p2pPrecache()` has it there, for the user who logs in. */
  readonly cacheDir?: string;
  /** What one machine, this one too, may send, and what it may receive, in bytes per second. Default: no limit. */
  readonly limits?: Limits;
  /**
   * From which image of its cache a host starts: none, the one with this sha256, or whichever it used last; only what differs comes then.
   * Default `never`.
   */
  readonly fromCached?: FromCached;
  /** How long all go on handing the image out when everybody has it, in milliseconds. Default 0. */
  readonly lingerMs?: number;
  /** A host is given up when nothing was verified there for this long, or when it could not be reached for this long. Default 60000. */
  readonly patienceMs?: number;
  /** All of it is over by then, lingering apart: what runs on hosts ends by itself, whatever becomes of us. Default 86400000, a day. */
  readonly deadlineMs?: number;
  /**
   * With whom the engines have to do until all linger: `hosts`, those that were named and this machine, by the addresses that ssh uses; or
   * `anybody` who knows the infohash, as is needed where addresses are translated between hosts. Default `hosts`. Who lingers does it for anybody.
   */
  readonly admit?: 'hosts' | 'anybody';
  /** Of the graph of peers. Default: a random number. */
  readonly seed?: number;
  readonly ssh?: {
    /** Read instead of the user's own ssh configuration, as `ssh -F` does. */
    readonly configFile?: string | undefined;
  };
  readonly signal?: AbortSignal;
}

/** The same, with the defaults. */
export interface PrecacheSettings {
  readonly cacheDir: string | undefined;
  readonly limits: Limits;
  readonly fromCached: FromCached;
  readonly lingerMs: number;
  readonly patienceMs: number;
  readonly deadlineMs: number;
  readonly admit: 'hosts' | 'anybody';
  readonly seed: number;
}

/** @throws ImageError BAD_OPTION */
export function precacheSettings(options: PrecacheOptions): PrecacheSettings {
  const { cacheDir, limits = {}, fromCached = 'never', admit = 'hosts', seed = Math.floor(Math.random() * 2 ** 32) } = options;
  if (cacheDir !== undefined && !isAbsolute(cacheDir)) throw badOption(`cacheDir is ${JSON.stringify(cacheDir)}, not an absolute path`);
  if (fromCached !== 'never' && fromCached !== 'auto' && !/^[0-9a-f]{64}$/.test(fromCached))
    throw badOption(`fromCached is ${JSON.stringify(fromCached)}: it takes never, auto, or a sha256 of 64 hexadecimal digits`);
  if (!['hosts', 'anybody'].includes(admit)) throw badOption(`admit is ${JSON.stringify(admit)}: it takes hosts, or anybody`);
  return {
    cacheDir,
    limits,
    fromCached,
    admit,
    seed,
    lingerMs: milliseconds('lingerMs', options.lingerMs, 0),
    patienceMs: milliseconds('patienceMs', options.patienceMs, 60_000),
    deadlineMs: milliseconds('deadlineMs', options.deadlineMs, 24 * 3_600_000),
  };
}

/**
 * Hosts as they are written: `host`, `user@host`, `user@host:22`, `[2001:db8::7]:22`. One that is named twice is meant once.
 *
 * @throws ImageError BAD_ENDPOINT, BAD_OPTION when there is none
 */
export function readHosts(texts: readonly string[]): ReadonlyMap<string, Authority> {
  if (texts.length === 0) throw badOption('no host is named: name one at least');
  return new Map(texts.map((text) => [text, readAuthority(text)]));
}

function readAuthority(text: string): Authority {
  const [, user, bracketed, plain, port] = /^(?:([^@:/]+)@)?(?:\[([^\]]+)\]|([^@:/[\]]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined)
    throw new ImageError(`${JSON.stringify(text)} is no host; write host, user@host or user@host:port`, {
      code: 'BAD_ENDPOINT',
      origin: 'caller',
      driver: 'p2p-precache',
      untouched: true,
    });
  return { host, ...(user !== undefined && { user }), ...(port !== undefined && { port: Number(port) }) };
}

function milliseconds(name: string, value: number | undefined, otherwise: number): number {
  if (value === undefined) return otherwise;
  if (Number.isFinite(value) && value >= 0) return value;
  throw badOption(`${name} is ${JSON.stringify(value)}, not a number of milliseconds`);
}

function badOption(what: string): ImageError {
  return new ImageError(`nothing was sent to any host: ${what}`, {
    code: 'BAD_OPTION',
    origin: 'caller',
    driver: 'p2p-precache',
    untouched: true,
  });
}
