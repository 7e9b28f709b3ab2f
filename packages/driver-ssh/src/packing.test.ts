import { describe, expect, it } from 'vitest';
import { choosePacking, threadsFor } from './packing.ts';
import type { Circumstances, Sample } from './packing.ts';

const mib = 2 ** 20;

function sampleOf(share: number, more: Partial<Sample> = {}): Sample {
  return { data: 1024 * mib, looked: 3 * mib, solid: 3 * mib, packed: share * 3 * mib, ...more };
}

function choose(more: Partial<Circumstances>): ReturnType<typeof choosePacking> {
  return choosePacking({ compress: 'auto', tools: ['zstd'], sample: sampleOf(0.5), processors: 2, ...more });
}

describe('what packs the bytes', () => {
  it('is zstd where a sample shrinks, and the plan tells by how much', () => {
    expect(choose({})).toMatchObject({ packing: 'zstd', reason: 'packed with zstd: a sample shrinks to 50 %', bytes: 512 * mib });
  });

  it('is nothing where a sample hardly shrinks', () => {
    expect(choose({ sample: sampleOf(0.98) })).toMatchObject({ packing: 'none', reason: 'not packed: a sample shrinks to 98 %' });
  });

  it('is gzip only where the link is slower than it', () => {
    expect(choose({ tools: ['gzip'] }).packing).toBe('none');
    expect(choose({ tools: ['gzip'], limit: 10e6 })).toMatchObject({ packing: 'gzip', seconds: (512 * mib) / 10e6 });
  });

  it('is nothing where neither is at both ends', () => {
    expect(choose({ tools: [] })).toMatchObject({ packing: 'none', reason: 'not packed: neither zstd nor gzip is at both ends' });
  });

  it.each(['zstd', 'gzip', 'none'] as const)('is %s where that is asked for', (compress) => {
    expect(choose({ compress, sample: sampleOf(1) }).packing).toBe(compress);
  });

  it('is zstd at a higher level where the link leaves the time for it, and the plan tells how fast it is', () => {
    const slow = choose({ link: 12.5e6 });
    expect(slow).toMatchObject({
      packing: 'zstd',
      level: 3,
      reason: 'packed with zstd -3: a sample shrinks to 50 %, the link carries 13 MB/s',
    });
    expect(slow.bytes).toBeCloseTo(512 * mib * 0.9);
    expect(choose({ limit: 10e6 })).toMatchObject({ level: 3 });
    expect(choose({ link: 118e6 })).toMatchObject({ packing: 'zstd', level: 1 });
    expect(choose({ link: 12.5e6, processors: 1, sample: sampleOf(0.05) })).toMatchObject({ packing: 'zstd', level: 1 });
  });

  it('is estimated for a link of 1 Gbit/s, as the others are, or for the limit', () => {
    const seconds = [12.5e6, 118e6, 900e6].map((link) => choose({ compress: 'none', link }).seconds);
    expect(new Set(seconds).size).toBe(1);
    expect(choose({ link: 12.5e6, limit: 10e6 }).seconds).toBeCloseTo((512 * mib * 0.9) / 10e6);
  });

  it('is nothing where the link is faster than what packs', () => {
    const reason = 'not packed: a sample shrinks to 90 %, the link carries 900 MB/s';
    expect(choose({ link: 900e6, sample: sampleOf(0.9) })).toMatchObject({ packing: 'none', reason });
  });

  it('has nothing to do where all of the data is zeros', () => {
    expect(choose({ sample: sampleOf(0, { solid: 0, packed: 9 }) })).toMatchObject({ packing: 'none', bytes: 0, seconds: 0 });
  });

  it('takes a part of the data for zeros where a part of the sample was', () => {
    expect(choose({ compress: 'none', sample: sampleOf(0.5, { solid: 1.5 * mib }) }).bytes).toBe(512 * mib);
  });

  it('works on as many processors as there are, up to four', () => {
    expect([1, 2, 64].map((processors) => threadsFor('zstd', processors))).toEqual([1, 2, 4]);
    expect(threadsFor('gzip', 64)).toBe(1);
  });
});
