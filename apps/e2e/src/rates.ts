import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';

/** How much came in a time. */
export interface Flow {
  readonly amount: number;
  readonly seconds: number;
  /** Of these, the ones in which this machine let nobody run: a shared one stands still now and then. */
  readonly lostSeconds: number;
}

export interface RateExpected {
  readonly windowMs: number;
  /** Of a window: 0.03 for three hundredths. */
  readonly tolerance: number;
  /** How many may be tried: what a busy machine takes from one, or moves into the next, it does not from all of them. Default 1. */
  readonly windows?: number;
  /** The least that comes at once. Default 0. */
  readonly grain?: number;
}

/** A look takes place this often. */
const tickMs = 10;
/** Since the one before. Beyond this nobody was let run; what is only busy comes sooner. */
const stallMs = 50;

/** What came of some work, and how long the machine stood still meanwhile. */
export async function withStalls<T>(work: () => Promise<T>): Promise<{ readonly result: T; readonly lostSeconds: number }> {
  const stalls = watchStalls();
  try {
    return { result: await work(), lostSeconds: stalls.lostSeconds() };
  } finally {
    stalls.stop();
  }
}

/** Counts the time in which the machine stood still, until `stop`. */
export function watchStalls(): { lostSeconds(): number; stop(): void } {
  let [lostMs, lookedAt] = [0, performance.now()];
  const look = (): void => {
    const passedMs = performance.now() - lookedAt;
    if (passedMs > stallMs) lostMs += passedMs - tickMs;
    lookedAt += passedMs;
  };
  const timer = setInterval(look, tickMs);
  return {
    lostSeconds: () => {
      look();
      return lostMs / 1000;
    },
    stop: () => clearInterval(timer),
  };
}

/** How much `count` grows within a time. */
async function measureFlow(count: () => Promise<number>, windowMs: number): Promise<Flow> {
  const { result, lostSeconds } = await withStalls(async () => {
    const [before, startedAt] = [await count(), performance.now()];
    await delay(windowMs);
    const [after, endedAt] = [await count(), performance.now()];
    return { amount: after - before, seconds: (endedAt - startedAt) / 1000 };
  });
  return { ...result, lostSeconds };
}

/**
 * What came, as a share of what was due at a rate: 1 where it is as much as was due in all the time, or in that in which the machine
 * ran, or between the two, as what was held up may come afterwards or not.
 */
export function shareOf({ amount, seconds, lostSeconds }: Flow, rate: number, grain = 0): number {
  const most = (amount - grain) / (rate * seconds);
  const least = (amount + grain) / (rate * Math.max(0.001, seconds - lostSeconds));
  return most > 1 ? most : Math.min(1, least);
}

/** It is kept in one of the windows, and never missed by half. */
export async function expectRate(
  count: () => Promise<number>,
  rate: number,
  { windowMs, tolerance, windows = 1, grain = 0 }: RateExpected,
): Promise<void> {
  const shares: number[] = [];
  for (let window = 1; ; window += 1) {
    const flow = await measureFlow(count, windowMs);
    const share = shareOf(flow, rate, grain);
    shares.push(share);
    const told = `shares of ${rate} bytes per second: ${shares.join(', ')}; ${JSON.stringify(flow)}`;
    expect(share, told).toBeLessThan(1.5);
    if (Math.abs(share - 1) <= tolerance) return;
    expect(window, told).toBeLessThan(windows);
  }
}
