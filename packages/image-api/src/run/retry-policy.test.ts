import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextDelayMs } from './retry-policy.ts';

describe('nextDelayMs', () => {
  const middle = (): number => 0.5;

  it('doubles with every try and stops at half a minute', () => {
    const delays = [1, 2, 3, 4, 5, 6, 7].map((number) => nextDelayMs(number, { attempts: 9, delayMs: 1000 }, middle));
    expect(delays).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
  });

  it('is spent after the tries there are in all', () => {
    const tries = [1, 2, 3].map((number) => nextDelayMs(number, { attempts: 2, delayMs: 10 }, middle));
    expect(tries).toEqual([10, undefined, undefined]);
  });

  it('spreads by 20 % to either side', () => {
    const retry = { attempts: 2, delayMs: 1000 };
    expect(nextDelayMs(1, retry, () => 0)).toBe(800);
    expect(nextDelayMs(1, retry, () => 0.999_999)).toBe(1200);
  });

  it('is no pause where none is wanted, however many tries there were', () => {
    expect(nextDelayMs(2000, { attempts: 9000, delayMs: 0 }, middle)).toBe(0);
  });

  it('is always a pause that a timer takes', () => {
    const retry = fc.record({ attempts: fc.constant(Number.MAX_SAFE_INTEGER), delayMs: fc.nat() });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), retry, fc.double({ min: 0, max: 1, noNaN: true }), (number, config, chance) => {
        const delay = nextDelayMs(number, config, () => chance);
        expect(delay).toBeGreaterThanOrEqual(0);
        expect(delay).toBeLessThanOrEqual(30_000);
      }),
    );
  });
});
