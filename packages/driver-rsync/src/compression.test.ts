import { describe, expect, it } from 'vitest';
import { choosePacking } from './compression.ts';
import { resolveOptions } from './rsync-options.ts';
import { atLeast } from './version.ts';

const end = (version: string, list: string): { version: string; about: string } => ({
  version,
  about: `rsync  version ${version}\nCompress list:\n    ${list}\n`,
});
const both = (list: string): ReturnType<typeof end>[] => [end('3.5.0', 'zstd lz4 zlibx zlib none'), end('3.2.7', list)];

describe('choosePacking', () => {
  it.each([
    ['zstd lz4 zlibx zlib none', { packing: { choice: 'zstd', level: 1 } }],
    ['lz4 zlibx zlib none', { packing: { choice: 'lz4' } }],
    ['zlibx zlib none', {}],
  ])('takes the best that both ends have, and never zlib: %s', (list, wanted) => {
    expect(choosePacking(resolveOptions({}), both(list))).toEqual(wanted);
  });
  it('does not pack for one that cannot be told how', () => {
    expect(choosePacking(resolveOptions({}), [end('3.5.0', 'zstd'), end('3.1.3', 'zstd')])).toEqual({});
  });
  it('refuses what was asked for and is not there', () => {
    expect(choosePacking(resolveOptions({ compress: 'zstd' }), both('zlib'))).toEqual({ refusal: expect.stringContaining('zstd') });
  });
  it('packs nothing for a daemon of itself', () => {
    expect(choosePacking(resolveOptions({}), undefined)).toEqual({});
  });
});

describe('atLeast', () => {
  it.each([
    ['3.5.0', '3.4.0', true],
    ['3.10.0', '3.2.4', true],
    ['3.1.3', '3.1.3', true],
    ['3.1.2', '3.1.3', false],
    ['3.3.0pre1', '3.3.0', true],
    ['unknown', '3.1.3', false],
  ])('%s against %s is %s', (version, wanted, answer) => {
    expect(atLeast(version, wanted)).toBe(answer);
  });
});
