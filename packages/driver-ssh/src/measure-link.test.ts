import { describe, expect, it } from 'vitest';
import { linkRate } from './measure-link.ts';

const kib = 1024;

describe('the rate of a link', () => {
  it('is that of the later half: what came at once in the beginning does not count', () => {
    const arrivals = [
      { ms: 50, bytes: 512 * kib },
      { ms: 90, bytes: 768 * kib },
      { ms: 130, bytes: 1024 * kib },
    ];
    expect(linkRate(arrivals)).toBeCloseTo((512 * kib) / 0.08);
  });

  it('is not known where hardly anything came, or all of it at once', () => {
    expect(linkRate([])).toBeUndefined();
    expect(linkRate([{ ms: 9, bytes: 1024 * kib }])).toBeUndefined();
    const crumbs = [
      { ms: 100, bytes: 4 * kib },
      { ms: 400, bytes: 8 * kib },
    ];
    expect(linkRate(crumbs)).toBeUndefined();
  });
});
