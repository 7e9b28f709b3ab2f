import { describe, expect, it } from 'vitest';
import { defaultDirectory } from './cache/default-directory.ts';
import { p2pPrecacheOptions, refuseOptions } from './p2p-precache-options.ts';

const badOption = expect.objectContaining({ code: 'BAD_OPTION', origin: 'caller', driver: 'p2p-precache' }) as Error;

describe('p2pPrecacheOptions', () => {
  it('has a default for each', () => {
    expect(p2pPrecacheOptions({ cacheDir: '/a' })).toEqual({
      cache: { directory: '/a', maxSize: 107_374_182_400, minAgeMs: 3_600_000, checkAfterMs: 2_592_000_000 },
      stallMs: 60_000,
      listen: {},
    });
    expect(p2pPrecacheOptions({ listen: { interface: 'eth1', port: 6881 } }).listen).toEqual({ interface: 'eth1', port: 6881 });
  });

  it.each([
    { cacheDir: 'relative' },
    { cacheDir: 7 },
    { maxSize: '1GiB' },
    { maxSize: -1 },
    { minAgeMs: Number.NaN },
    { cachedir: '/a' },
    { stallMs: '1m' },
    { listen: 6881 },
    { listen: { port: 0 } },
    { listen: { address: 7 } },
    { listen: { host: 'a' } },
  ])('refuses %o', (options) => expect(() => p2pPrecacheOptions(options)).toThrow(badOption));

  it('takes none of a single copy', () => {
    expect(() => refuseOptions({ cacheDir: '/a' })).toThrow(badOption);
    expect(refuseOptions({})).toBeUndefined();
  });
});

it('keeps the cache of root where those of the system are, and that of others in their own', () => {
  expect(defaultDirectory({}, 0)).toBe('/var/cache/image-api');
  expect(defaultDirectory({ XDG_CACHE_HOME: '/x' }, 1000)).toBe('/x/image-api');
  expect(defaultDirectory({ XDG_CACHE_HOME: 'relative' }, 1000)).toMatch(/^\/.*\/\.cache\/image-api$/);
});
