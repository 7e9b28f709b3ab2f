import { expect } from 'vitest';
import { always } from '../conformance-test.ts';
import type { ConformanceTest } from '../conformance-test.ts';
import { dense, mib } from '../content/content.ts';
import type { Harness } from '../harness/harness.ts';
import { longCopy } from './long-copy.ts';

const withinMs = 2000;

export const abortTests: readonly ConformanceTest[] = [
  {
    group: 'abort',
    name: 'rejects with CANCELLED within two seconds when it was cancelled before it began',
    applies: always,
    timed: true,
    run: async (harness) => {
      const copy = await harness.stage(dense(mib));
      const { error, durationMs } = await (await copy.begin({}, { aborted: true })).outcome;
      expect(error).toMatchObject({ code: 'CANCELLED' });
      expect(durationMs).toBeLessThan(withinMs);
    },
  },
  {
    group: 'abort',
    name: 'rejects with CANCELLED within two seconds when it is cancelled on the way, as often as it is',
    applies: always,
    timed: true,
    run: async (harness) => {
      await expectCancelled(harness);
      await expectCancelled(harness);
    },
  },
  {
    group: 'abort',
    name: 'copies as ever after it was cancelled',
    applies: always,
    run: async (harness) => {
      const cut = await harness.stage(dense(mib));
      await (
        await cut.begin({}, { aborted: true })
      ).outcome;
      const copy = await harness.stage(dense(mib));
      await copy.copy();
      await copy.expectSame();
    },
  },
];

async function expectCancelled(harness: Harness): Promise<void> {
  const { content, wish } = longCopy(harness.capabilities);
  const transfer = await (await harness.stage(content)).begin(wish);
  const running = await transfer.reaches(mib);
  const abortedAtMs = performance.now();
  transfer.abort();
  const { error, endedAtMs } = await transfer.outcome;
  // Where a filesystem clones, the copy is over before anybody could cancel it.
  if (!running && !wish.limits && error === undefined) return;
  expect(error, 'what it rejected with').toMatchObject({ code: 'CANCELLED' });
  expect(endedAtMs - abortedAtMs, 'milliseconds').toBeLessThan(withinMs);
}
