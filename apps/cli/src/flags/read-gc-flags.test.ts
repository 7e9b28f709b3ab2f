import { describe, expect, it } from 'vitest';
import { readGcFlags } from './read-gc-flags.ts';

describe('readGcFlags', () => {
  it('is empty where nothing was typed', () => {
    expect(readGcFlags([], {})).toEqual({});
  });

  it.each([
    ['0s', 0],
    ['90s', 90_000],
    ['12h', 43_200_000],
    ['1.5 days', 129_600_000],
    ['7d', 604_800_000],
  ])('reads the age %s', (olderThan, olderThanMs) => {
    expect(readGcFlags(['a:/srv'], { olderThan, dryRun: true })).toEqual({ places: ['a:/srv'], olderThanMs, dryRun: true });
  });

  it.each(['', '7', '-1d', 'd', '1 fortnight', 'soon', '1d2h', '1..2d'])('refuses the age %j', (olderThan) => {
    expect(() => readGcFlags([], { olderThan })).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
  });
});
