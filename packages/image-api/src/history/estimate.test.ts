import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { estimateOf as estimateOfCopy } from './estimate.ts';
import type { Estimate } from './estimate.ts';
import type { Lesson } from './lesson.ts';

/** Copies that took so many times as long as was guessed. */
const took = (driver: string, times: readonly number[], way?: string): readonly Lesson[] =>
  times.map((factor) => ({ driver, ...(way !== undefined && { way }), bytes: 1e9, guess: 10.3, seconds: 0.3 + 10 * factor }));

/** Of a copy to another host. */
const estimateOf = (driver: string, offer: { seconds: number; way?: string }, lessons: readonly Lesson[]): Estimate =>
  estimateOfCopy(driver, offer, { from: { scheme: 'file' }, to: { scheme: 'ssh' }, lessons });

const guess = (seconds: number, lessons: readonly Lesson[]): number => estimateOf('ssh', { seconds }, lessons).seconds;

describe('estimateOf', () => {
  it('is the guess of the driver where nothing is known, or too little', () => {
    const alone = { seconds: 20.3, basis: { by: 'driver' } };
    expect(estimateOf('ssh', { seconds: 20.3 }, [])).toEqual(alone);
    expect(estimateOf('ssh', { seconds: 20.3 }, [...took('ssh', [3]), ...took('rsync', [3])])).toEqual(alone);
  });

  it('is what copies of the driver took in the middle, whatever one of them met', () => {
    const lessons = [...took('ssh', [3, 2, 19, 3, 3.5]), ...took('rsync', [7, 7, 7])];
    expect(estimateOf('ssh', { seconds: 20.3 }, lessons)).toEqual({
      seconds: expect.closeTo(60.3, 9),
      basis: { by: 'own-copies', copies: 5, guess: 20.3 },
    });
    expect(guess(20.3, took('ssh', [2, 3]))).toBeCloseTo(50.3, 9);
  });

  it('is as far off as those of others, each counted once, where the driver itself is not known', () => {
    const lessons = [...took('rsync', [2, 2, 2, 2, 2, 2]), ...took('scp', [4, 4]), ...took('cp', [9]), ...took('ssh', [9])];
    expect(estimateOf('ssh', { seconds: 10.3 }, lessons)).toEqual({
      seconds: expect.closeTo(30.3, 9),
      basis: { by: 'other-copies', copies: 8, guess: 10.3 },
    });
  });

  it('keeps the ways of a driver apart, but knows the route by them', () => {
    const lessons = [...took('ssh', [1, 1], 'zstd'), ...took('ssh', [5, 5], 'none')];
    expect(estimateOf('ssh', { seconds: 10.3, way: 'none' }, lessons)).toMatchObject({ basis: { by: 'own-copies', copies: 2 } });
    expect(estimateOf('ssh', { seconds: 10.3, way: 'none' }, lessons).seconds).toBeCloseTo(50.3, 9);
    expect(estimateOf('ssh', { seconds: 10.3, way: 'gzip' }, lessons).basis).toEqual({ by: 'other-copies', copies: 4, guess: 10.3 });
  });

  it('does not believe in wonders', () => {
    expect(guess(10.3, took('ssh', [1000, 1000]))).toBeCloseTo(200.3, 9);
    expect(guess(10.3, took('ssh', [0.001, 0]))).toBeCloseTo(1.3, 9);
  });

  it('leaves alone what takes no longer than it takes to start', () => {
    expect(estimateOf('ssh', { seconds: 0.2 }, took('ssh', [5, 5]))).toEqual({ seconds: 0.2, basis: { by: 'driver' } });
    expect(guess(0.301, took('ssh', [5, 5]))).toBeCloseTo(0.305, 9);
  });

  it('knows that a copy within this machine starts sooner', () => {
    const here = { from: { scheme: 'file' }, to: { scheme: 'file' } };
    const lessons = [0.25, 0.25].map((seconds) => ({ driver: 'cp', bytes: 3e8, guess: 0.85, seconds }));
    expect(estimateOfCopy('cp', { seconds: 8.05 }, { ...here, lessons }).seconds).toBeCloseTo(2.05, 9);
  });

  it('never puts one driver before another by what is known of the other only', () => {
    const seconds = fc.double({ min: 0, max: 1e6, noNaN: true });
    const positive = fc.double({ min: 0.001, max: 1e6, noNaN: true });
    const lessons = fc.array(fc.record({ driver: fc.constant('ssh'), bytes: positive, guess: positive, seconds: positive }));
    fc.assert(
      fc.property(seconds, seconds, lessons, (one, other, known) => {
        const [known1, unknown] = [estimateOf('ssh', { seconds: one }, known), estimateOf('rsync', { seconds: other }, known)];
        expect(Math.sign(known1.seconds - unknown.seconds) * Math.sign(one - other)).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 1000 },
    );
  });
});
