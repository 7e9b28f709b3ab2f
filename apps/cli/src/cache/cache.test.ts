import type { Entry } from '@image-api/driver-p2p-precache';
import { p2pPrecache } from '@image-api/driver-p2p-precache';
import { describe, expect, it } from 'vitest';
import { precachedText } from '../commands/run-precache.ts';
import { publishedText } from '../commands/run-publish.ts';
import { cacheText, collectText, listed, soundnessText } from './cache-text.ts';
import { chooseImage } from './choose-image.ts';
import { openCache } from './open-cache.ts';

const mebibyte = 2 ** 20;
const entry = (sha256: string, over: Partial<Entry> = {}): Entry => ({
  sha256,
  path: `/cache/sha256/${sha256}/image`,
  manifest: { sha256, size: 10 * mebibyte, format: 'raw', infohash: 'ab', pieceLength: mebibyte, zeroPieces: [] },
  allocated: 3 * mebibyte,
  device: 1,
  usedAtMs: 1_000_000,
  checkedAtMs: 990_000,
  pinned: false,
  ...over,
});
const [first, second] = [entry('aaaa11'.padEnd(64, '0')), entry('aaaa22'.padEnd(64, '0'))];

describe('chooseImage', () => {
  it.each(['aaaa11', `sha256:${first.sha256}`, `p2p:sha256-${first.sha256}`, 'AAAA11'])('finds what %s begins', (text) => {
    expect(chooseImage(text, [second, first])).toBe(first);
  });

  it.each([
    ['aaaa', 'BAD_OPTION'],
    ['aaa', 'BAD_OPTION'],
    ['disk.raw', 'BAD_OPTION'],
    ['', 'BAD_OPTION'],
    ['bbbb', 'SOURCE_MISSING'],
  ])('does not guess what %j means: %s', (text, code) => {
    expect(() => chooseImage(text, [first, second])).toThrow(expect.objectContaining({ code }) as Error);
  });
});

describe('openCache', () => {
  it('opens the cache that the config names, in whatever way it does', () => {
    const options = { cacheDir: '/a/cache' };
    for (const entry of [['p2p-precache', options] as const, p2pPrecache(options)])
      expect(openCache({ drivers: ['cp', entry] }).settings.directory).toBe('/a/cache');
    const { directory } = openCache({ drivers: undefined }).settings;
    expect(openCache({ drivers: ['p2p-precache'] }).settings.directory).toBe(directory);
  });

  it('says so where no copy would look into one', () => {
    expect(() => openCache({ drivers: ['cp', ['rsync', {}]] })).toThrow(expect.objectContaining({ code: 'UNKNOWN_DRIVER' }) as Error);
  });
});

describe('cacheText', () => {
  it('has one line for each image, and what it comes to', () => {
    const images = [listed(first, true), listed(entry('b'.repeat(64), { checkedAtMs: 0, pinned: true }), false)];
    const [head, one, two, sum] = cacheText('/cache', images, 1_060_000).split('\n');
    expect(head).toMatch(/^image +size +on disk +format +used +checked +state$/);
    expect(one).toMatch(/^p2p:sha256-aaaa110* +10 MiB +3 MiB +raw +1m ago +1m 10s ago +in use$/);
    expect(two).toMatch(/^p2p:sha256-b{64} +.* +due +pinned$/);
    expect(sum).toBe('6 MiB in /cache');
  });

  it('says what is given to others', () => {
    const [, one] = cacheText('/cache', [listed(first, true, { peers: 1, uploaded: 2 * mebibyte })], 1_060_000).split('\n');
    expect(one).toMatch(/given to 1 peer, 2 MiB so far$/);
  });

  it('says so where there is none', () => {
    expect(cacheText('/cache', [], 0)).toBe('the cache /cache is empty\n');
  });
});

it('says what became of an image', () => {
  expect(soundnessText('ab', 'sound')).toBe('p2p:sha256-ab is as it was\n');
  expect(soundnessText('ab', 'damaged')).toContain('removed');
  expect(collectText([first], 0, false)).toMatch(/^p2p:sha256-aaaa110+ {2}3 MiB\n1 removed, 3 MiB freed\n$/);
  expect(collectText([], 5 * mebibyte, true)).toMatch(/^0 would be removed, 0 B would be freed\n5 MiB more .*pinned.*\n$/);
});

it('says what became of a precache', () => {
  const done = { from: 'host:/a.raw', fetched: true, promised: true, seconds: 2 };
  expect(precachedText(done, mebibyte)).toBe('cached host:/a.raw: 1 MiB in 2s, verified by its sha256');
  expect(precachedText({ ...done, promised: false }, mebibyte)).toContain('known by its sha256 from now on');
  expect(precachedText({ ...done, fetched: false }, mebibyte)).toBe('host:/a.raw was in the cache already');
});

it('says where an image is published, and what others need to copy it', () => {
  const publication = { peer: { host: '10.0.0.1', port: 6881 } };
  expect(publishedText(publication, { lingerMs: 3_600_000 }, '/srv/golden.json')).toBe(
    'published at 10.0.0.1, port 6881, for 1h; its manifest is /srv/golden.json',
  );
  expect(publishedText(publication, { lingerMs: 60_000 }, undefined)).toContain('--manifest');
});
