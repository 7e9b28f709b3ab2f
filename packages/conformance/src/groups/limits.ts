import { setTimeout as sleep } from 'node:timers/promises';
import type { Capabilities } from '@image-api/driver';
import { expect } from 'vitest';
import type { ConformanceTest } from '../conformance-test.ts';
import { dense, mib } from '../content/content.ts';
import type { RunningTransfer } from '../harness/running-transfer.ts';
import type { StagedCopy } from '../harness/staged-copy.ts';
import { everyEnding } from './every-ending.ts';

const keepsLimits = ({ limits }: Capabilities): boolean => limits !== undefined;
const changesLimits = ({ limits }: Capabilities): boolean => limits === 'live';

const size = 8 * mib;
const bandwidth = 4 * mib;
/** A limit is kept in pieces; this much may come at once. */
const burst = mib;

export const limitsTests: readonly ConformanceTest[] = [
  {
    group: 'limits',
    name: 'takes 1.5 to 3 seconds for 8 MiB at 4 MiB/s, no byte of them before its time',
    applies: keepsLimits,
    timed: true,
    onlyIf: 'at once',
    run: async (harness) => {
      const copy = await harness.stage(dense(size));
      const sinceMs = performance.now();
      const transfer = await copy.begin({ limits: { bandwidth } });
      const { early, lateMs } = await watchArrival(copy, transfer, { sinceMs, burst });
      const { error, durationMs } = await transfer.outcome;
      expect(error).toBeUndefined();
      expect(early).toEqual([]);
      expect(durationMs, 'milliseconds').toBeGreaterThanOrEqual(1500);
      expect(durationMs, 'milliseconds').toBeLessThan(3000 + lateMs);
    },
  },
  {
    group: 'limits',
    name: 'holds 4 MiB/s over 16 MiB from the first byte on, though bytes come in gulps, and is over in time',
    applies: keepsLimits,
    timed: true,
    onlyIf: 'late',
    run: async (harness) => {
      const { lagMs } = harness;
      const copy = await harness.stage(dense(2 * size));
      const transfer = await copy.begin({ limits: { bandwidth } });
      const { early, lateMs } = await watchArrival(copy, transfer, { burst: burst + (lagMs / 1000) * bandwidth });
      const { error, durationMs } = await transfer.outcome;
      expect(error).toBeUndefined();
      expect(early).toEqual([]);
      // So much later than at once it begins, and it is over.
      expect(durationMs, 'milliseconds').toBeLessThan(6000 + lateMs + 2 * lagMs);
    },
  },
  {
    group: 'limits',
    name: 'offers the limit as it will be kept, never more than was asked for, and says what is charged',
    applies: keepsLimits,
    run: async (harness) => {
      const copy = await harness.stage(dense(mib));
      const offer = await copy.offer(await copy.request({ limits: { bandwidth: 1_000_001 } }));
      expect(offer.accept, offer.reason).toBe(true);
      if (!offer.accept) return;
      expect(offer.limits?.bandwidth).toBeLessThanOrEqual(1_000_001);
      expect(offer.limits?.bandwidth).toBeGreaterThan(500_000);
      expect(['wire', 'image']).toContain(offer.charged);
    },
  },
  {
    group: 'limits',
    name: 'never rounds a tiny limit up, nor down to none',
    applies: keepsLimits,
    run: async (harness) => {
      const copy = await harness.stage(dense(1));
      const offer = await copy.offer(await copy.request({ limits: { bandwidth: 100 } }));
      if (!offer.accept) return expect(offer.reason.trim()).not.toBe('');
      expect(offer.limits?.bandwidth).toBeLessThanOrEqual(100);
      expect(offer.limits?.bandwidth).toBeGreaterThan(0);
    },
  },
  {
    group: 'limits',
    name: 'obeys a change within a second, and answers what is in force',
    applies: changesLimits,
    timed: true,
    run: async (harness) => {
      const { lagMs } = harness;
      const copy = await harness.stage(dense(lagMs > 0 ? 2 * size : size));
      const transfer = await copy.begin({ limits: { bandwidth } });
      expect(await transfer.reaches(1), 'it ended before its limit could be changed').toBe(true);
      const answer = await transfer.controls.setLimits({ bandwidth: mib });
      expect(answer?.bandwidth).toBeLessThanOrEqual(mib);
      expect(answer?.bandwidth).toBeGreaterThan(0);
      const windowMs = 1000 + lagMs;
      await sleep(windowMs);
      // Where bytes come in gulps, one that was due before may fall into the window.
      const most = 1.5 * mib * (windowMs / 1000) + mib * (lagMs / 1000);
      expect(await growthIn(copy, windowMs), `bytes in ${windowMs} ms at 1 MiB/s`).toBeLessThanOrEqual(most);
      expect(transfer.settled, 'it is over long before its time').toBe(false);
      expect(await transfer.controls.setLimits({})).toEqual({});
      const liftedAtMs = performance.now();
      const { error, endedAtMs } = await transfer.outcome;
      expect(error).toBeUndefined();
      expect(endedAtMs - liftedAtMs, 'milliseconds after the limit was lifted').toBeLessThan(1500 + lagMs);
    },
  },
  {
    group: 'limits',
    name: 'registers no way to change limits, as it does not claim `limits: live`',
    applies: (capabilities) => !changesLimits(capabilities),
    run: async (harness) => {
      await everyEnding(harness);
      expect(harness.breachesOf('live limits are only answered by who claims them')).toEqual([]);
    },
  },
  {
    group: 'limits',
    name: 'refuses a copy with a limit, as it does not claim `limits`',
    applies: (capabilities) => !keepsLimits(capabilities),
    run: async (harness) => {
      const copy = await harness.stage(dense(mib));
      const offer = await copy.offer(await copy.request({ limits: { bandwidth } }));
      expect(offer.accept, 'accepted a limit it cannot keep').toBe(false);
      expect(offer.reason.trim()).not.toBe('');
    },
  },
];

interface Due {
  /** From when on bytes are due. Default: when the first are seen. */
  readonly sinceMs?: number;
  /** So many may come at once. */
  readonly burst: number;
}

/** Watch bytes come until the copy is over: what was there before its time, in words, and how long this process was kept waiting. */
async function watchArrival(
  copy: StagedCopy,
  transfer: RunningTransfer,
  { sinceMs, burst: most }: Due,
): Promise<{ readonly early: readonly string[]; readonly lateMs: number }> {
  const early: string[] = [];
  let firstMs = sinceMs;
  let lateMs = 0;
  while (!transfer.settled) {
    // The clock first: it may only tell too little.
    const nowMs = performance.now();
    const { arrived } = copy;
    if (arrived > 0) firstMs ??= nowMs;
    const allowed = ((nowMs - (firstMs ?? nowMs)) / 1000) * bandwidth + most;
    if (arrived > allowed) early.push(`${arrived} bytes where ${Math.round(allowed)} were due`);
    lateMs += await sleepLate(20);
  }
  return { early, lateMs };
}

/** Sleep, and tell how much longer than that it took: a busy machine keeps the driver waiting just so. */
async function sleepLate(milliseconds: number): Promise<number> {
  const startedAtMs = performance.now();
  await sleep(milliseconds);
  return performance.now() - startedAtMs - milliseconds;
}

async function growthIn(copy: StagedCopy, milliseconds: number): Promise<number> {
  const before = copy.arrived;
  await sleep(milliseconds);
  return copy.arrived - before;
}
