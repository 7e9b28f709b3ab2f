import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProgressMeter } from './progress-meter.ts';

/** A meter whose clock the test moves. */
function meterAt(startMs = 0): { meter: ProgressMeter; clock: { ms: number } } {
  const clock = { ms: startMs };
  return { meter: new ProgressMeter({ now: () => clock.ms }), clock };
}

describe('ProgressMeter', () => {
  it('knows nothing before the first report, nor right after it', () => {
    const { meter, clock } = meterAt();
    expect(meter.read(100)).toEqual({ rate: 0 });
    meter.add(10);
    clock.ms += 1;
    meter.add(90);
    expect(meter.read(100)).toEqual({ rate: 0 });
  });

  it('tells rate and time left of a steady flow', () => {
    const { meter, clock } = meterAt();
    for (let second = 0; second <= 20; second += 1, clock.ms += 1000) meter.add(second * 50);
    clock.ms -= 1000;
    expect(meter.read(2000)).toEqual({ rate: 50, secondsLeft: 20 });
    expect(meter.read()).toEqual({ rate: 50 });
  });

  it('forgets what was longer ago than the window', () => {
    const { meter, clock } = meterAt();
    for (let bytes = 0; bytes <= 1_000_000; bytes += 100_000, clock.ms += 1000) meter.add(bytes);
    for (let step = 1; step <= 6; step += 1, clock.ms += 1000) meter.add(1_000_000 + step * 10);
    clock.ms -= 1000;
    expect(meter.read().rate).toBeCloseTo(10);
  });

  it('does not take what an earlier try left for speed', () => {
    const { meter, clock } = meterAt();
    clock.ms = 500;
    meter.add(1e12);
    clock.ms += 1000;
    meter.add(1e12 + 500);
    expect(meter.read().rate).toBe(500);
  });

  it('slows down in a pause, then stands still, and says no time', () => {
    const { meter, clock } = meterAt();
    meter.add(0);
    clock.ms += 1000;
    meter.add(1000);
    clock.ms += 1000;
    expect(meter.read(2000)).toEqual({ rate: 500, secondsLeft: 2 });
    clock.ms += 4000;
    expect(meter.read(2000)).toEqual({ rate: 0 });
  });

  it('has no time left when all is there, even if it stands', () => {
    const { meter, clock } = meterAt();
    meter.add(100);
    clock.ms += 60_000;
    expect(meter.read(100)).toEqual({ rate: 0, secondsLeft: 0 });
  });

  it('leaves out positions that go back or are no numbers', () => {
    const { meter, clock } = meterAt();
    for (const bytes of [0, 100, 50, Number.NaN, -1, Infinity]) {
      meter.add(bytes);
      clock.ms += 200;
    }
    expect(meter.read().rate).toBeCloseTo(100 / 1.2);
  });

  it('never tells a number that is none, whatever it is fed', () => {
    const steps = fc.array(fc.tuple(fc.double(), fc.double({ min: -10, max: 10_000, noNaN: true })), { maxLength: 40 });
    fc.assert(
      fc.property(steps, fc.option(fc.double(), { nil: undefined }), (given, total) => {
        const { meter, clock } = meterAt();
        for (const [bytes, elapsedMs] of given) {
          meter.add(bytes);
          clock.ms += elapsedMs;
          const { rate, secondsLeft = 0 } = meter.read(total);
          expect([rate, secondsLeft].every((number) => Number.isFinite(number) && number >= 0)).toBe(true);
        }
      }),
    );
  });
});
