import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { burstOf, carriedOver, sliceOf, TokenBucket } from './token-bucket.ts';

const rates = fc.double({ min: 1, max: 1e10, noNaN: true });
const steps = fc.array(fc.record({ ms: fc.double({ min: 0, max: 500, noNaN: true }), wanted: fc.integer({ min: 1, max: 1 << 20 }) }), {
  minLength: 1,
  maxLength: 60,
});
/** Sums of many small numbers are off by a little. */
const dust = 1;

describe('a token bucket', () => {
  it('has nothing at the start', () => {
    fc.assert(
      fc.property(rates, (rate) => {
        expect(new TokenBucket(rate, 1000).take(1 << 20, 1000)).toBe(0);
      }),
    );
  });

  it('never gives more than its rate, from the first byte on', () => {
    fc.assert(
      fc.property(rates, steps, (rate, pulls) => {
        const bucket = new TokenBucket(rate, 0);
        let [atMs, given] = [0, 0];
        for (const { ms, wanted } of pulls) {
          atMs += ms;
          given += bucket.take(wanted, atMs);
          expect(given).toBeLessThanOrEqual((rate * atMs) / 1000 + dust);
        }
      }),
    );
  });

  it('never gives more than its rate and one burst within any time, however long nothing wanted to go', () => {
    fc.assert(
      fc.property(rates, steps, fc.double({ min: 0, max: 1e7, noNaN: true }), (rate, pulls, idleMs) => {
        const bucket = new TokenBucket(rate, 0);
        let [atMs, given] = [idleMs, 0];
        for (const { ms, wanted } of pulls) {
          atMs += ms;
          given += bucket.take(wanted, atMs);
          expect(given).toBeLessThanOrEqual((rate * (atMs - idleMs)) / 1000 + burstOf(rate) + dust);
        }
      }),
    );
  });

  it('makes up for the time by which who waited came late, up to a quarter of a second', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e5, max: 1e9, noNaN: true }), fc.double({ min: 0.01, max: 5000, noNaN: true }), (rate, lateMs) => {
        const bucket = new TokenBucket(rate, 0);
        const atMs = bucket.waitMs(1 << 30, 0) + lateMs;
        const given = bucket.take(1 << 30, atMs);
        expect(given).toBeLessThanOrEqual(Math.min((rate * atMs) / 1000, burstOf(rate)) + dust);
        if (atMs <= 250) expect(given).toBeGreaterThan((rate * atMs) / 1000 - 1 - dust);
      }),
    );
  });

  it('gives all of its rate to who always wants more, and comes when it says', () => {
    fc.assert(
      fc.property(fc.double({ min: 1000, max: 1e9, noNaN: true }), (rate) => {
        const bucket = new TokenBucket(rate, 0);
        let [atMs, given] = [0, 0];
        while (atMs < 2000) {
          atMs += bucket.waitMs(1 << 20, atMs) + 0.001;
          given += bucket.take(1 << 20, atMs);
        }
        expect(given).toBeGreaterThan((rate * atMs) / 1000 - 2 * sliceOf(rate) - dust);
      }),
      { numRuns: 30 },
    );
  });

  it('goes by a change at once: no more than the new rate and a twentieth of a second', () => {
    fc.assert(
      fc.property(rates, rates, steps, (before, after, pulls) => {
        const bucket = new TokenBucket(before, 0);
        bucket.take(1, 700);
        bucket.setRate(after, 1000);
        let [atMs, given] = [1000, 0];
        for (const { ms, wanted } of pulls) {
          atMs += ms;
          given += bucket.take(wanted, atMs);
          expect(given).toBeLessThanOrEqual((after * (atMs - 1000)) / 1000 + carriedOver(after) + dust);
        }
      }),
    );
  });

  it('gives nothing while it is paused, whatever is set meanwhile, and saves nothing up', () => {
    fc.assert(
      fc.property(rates, fc.option(rates, { nil: undefined }), steps, (before, after, pulls) => {
        const bucket = new TokenBucket(before, 0);
        bucket.setPaused(true, 500);
        bucket.setRate(after, 600);
        let atMs = 600;
        for (const { ms, wanted } of pulls) {
          atMs += ms;
          expect(bucket.take(wanted, atMs)).toBe(0);
          expect(bucket.waitMs(wanted, atMs)).toBe(Infinity);
        }
        bucket.setPaused(false, atMs);
        expect(bucket.take(1 << 20, atMs)).toBe(after === undefined ? 1 << 20 : 0);
      }),
    );
  });

  it('gives everything without a limit, and starts afresh when there is one', () => {
    const bucket = new TokenBucket(undefined, 0);
    expect(bucket.take(1 << 30, 0)).toBe(1 << 30);
    bucket.setRate(1000, 60_000);
    expect(bucket.take(1, 60_000)).toBe(0);
    expect(bucket.waitMs(1, 60_000)).toBe(1);
  });

  it('gives at a very low rate what came together in a second, not nothing', () => {
    const bucket = new TokenBucket(100, 0);
    expect(bucket.take(5000, 999)).toBe(0);
    expect(bucket.take(5000, 1000)).toBe(100);
  });
});
