import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextDelayMs } from './retry-policy.ts';
import type { Failures } from './retry-policy.ts';

describe('nextDelayMs', () => {
  const middle = (): number => 0.5;
  const patient = { attempts: 9, delayMs: 1000, deadlineMs: Number.MAX_SAFE_INTEGER };
  const after = (failures: number, failingForMs = 0): Failures => ({ failures, failingForMs });

  it('doubles with every try and stops at half a minute', () => {
    const delays = [1, 2, 3, 4, 5, 6, 7].map((number) => nextDelayMs(after(number), patient, middle));
    expect(delays).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
  });

  it('is spent after the tries there are in all', () => {
    const tries = [1, 2, 3].map((number) => nextDelayMs(after(number), { ...patient, attempts: 2, delayMs: 10 }, middle));
    expect(tries).toEqual([10, undefined, undefined]);
  });

  it('spreads by 20 % to either side', () => {
    expect(nextDelayMs(after(1), patient, () => 0)).toBe(800);
    expect(nextDelayMs(after(1), patient, () => 0.999_999)).toBe(1200);
  });

  it('is spent when the next try would begin after the deadline, however many tries are left', () => {
    const retry = { ...patient, deadlineMs: 10_000 };
    expect(nextDelayMs(after(1, 9000), retry, middle)).toBe(1000);
    expect(nextDelayMs(after(1, 9001), retry, middle)).toBeUndefined();
  });

  it('is no pause where none is wanted, however many tries there were', () => {
    expect(nextDelayMs(after(2000), { ...patient, attempts: 9000, delayMs: 0 }, middle)).toBe(0);
  });

  it('is always a pause that a timer takes', () => {
    const retry = fc.record({
      attempts: fc.constant(Number.MAX_SAFE_INTEGER),
      delayMs: fc.nat(),
      deadlineMs: fc.constant(Number.MAX_SAFE_INTEGER),
    });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), retry, fc.double({ min: 0, max: 1, noNaN: true }), (number, config, chance) => {
        const delay = nextDelayMs(after(number), config, () => chance);
        expect(delay).toBeGreaterThanOrEqual(0);
        expect(delay).toBeLessThanOrEqual(30_000);
      }),
    );
  });
});
