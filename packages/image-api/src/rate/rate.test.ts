import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatRate } from './format-rate.ts';
import { parseRate } from './parse-rate.ts';

describe('parseRate', () => {
  it.each([
    ['none', undefined],
    ['50MiB/s', 52_428_800],
    ['50 MiB/s', 52_428_800],
    ['50MB/s', 50_000_000],
    ['400Mbit/s', 50_000_000],
    ['400mbit/s', 50_000_000],
    ['1.5GiB/s', 1_610_612_736],
    ['100KiB/s', 102_400],
    ['100kB/s', 100_000],
    ['100KB/s', 100_000],
    ['800kbit/s', 100_000],
    ['8Kibit/s', 1024],
    ['8bit/s', 1],
    ['1B/s', 1],
    ['2TiB/s', 2_199_023_255_552],
    ['0.1MB/s', 100_000],
    ['1.1MB/s', 1_100_000],
    ['9bit/s', 1],
    ['9007199254740991B/s', Number.MAX_SAFE_INTEGER],
  ])('reads %s', (text, bytes) => {
    expect(parseRate(text)).toBe(bytes);
  });

  it.each([
    ['50', '"50" has no unit: did you mean 50MiB/s?'],
    ['50Mb/s', 'write 50MB/s or 50Mbit/s'],
    ['50mib/s', 'write 50MiB/s or 50Mibit/s'],
    ['50Mbps', 'did you mean 50MB/s or 50Mbit/s?'],
    ['50M', 'did you mean 50MB/s or 50Mbit/s?'],
    ['50MiB', 'did you mean 50MiB/s?'],
    ['50Mbit', 'did you mean 50Mbit/s?'],
    ['50parsecs', 'not known'],
    ['0MiB/s', 'less than 1 B/s'],
    ['7bit/s', 'less than 1 B/s'],
    ['9007199254740992B/s', 'more than can be counted'],
    ['99999999999999999999TiB/s', 'more than can be counted'],
    ['-1MiB/s', 'not a rate'],
    ['NaN', 'not a rate'],
    ['1,5MiB/s', 'not a rate'],
    ['1e3MiB/s', 'not a rate'],
    ['', 'not a rate'],
    [`${'9'.repeat(100_000)}B/s`, 'not a rate'],
  ])('refuses %s', (text, words) => {
    expect(() => parseRate(text)).toThrow(
      expect.objectContaining({ code: 'BAD_LIMIT', message: expect.stringContaining(words) as unknown }),
    );
  });
});

describe('formatRate', () => {
  it.each([
    [20_971_520, '20 MiB/s'],
    [1_610_612_736, '1.5 GiB/s'],
    [50_000_000, '50 MB/s'],
    [1024, '1 KiB/s'],
    [1_024_000, '1000 KiB/s'],
    [1_048_576_000, '1000 MiB/s'],
    [20_971_521, '20971521 B/s'],
    [1, '1 B/s'],
    [999.9, '999 B/s'],
    [1500, '1.5 kB/s'],
    [1234, '1234 B/s'],
  ])('writes %d as %s', (bytes, text) => {
    expect(formatRate(bytes)).toBe(text);
  });

  it('loses nothing', () => {
    const round = fc
      .tuple(fc.integer({ min: 1, max: 5000 }), fc.constantFrom(1, 1000, 1024, 1e6, 2 ** 20, 2 ** 30, 1e9))
      .map(([amount, unit]) => amount * unit);
    fc.assert(
      fc.property(fc.oneof(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), round), (bytes) => {
        expect(parseRate(formatRate(bytes))).toBe(bytes);
      }),
    );
  });
});
