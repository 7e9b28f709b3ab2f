import { setTimeout as sleep } from 'node:timers/promises';
import type { Capabilities } from '@image-api/driver';
import { expect } from 'vitest';
import type { ConformanceTest } from '../conformance-test.ts';
import { mib } from '../content/content.ts';
import { everyEnding } from './every-ending.ts';
import { longCopy } from './long-copy.ts';

const pauses = ({ pause }: Capabilities): boolean => pause === true;
/** What was under way when the pause came may still arrive. */
const settleMs = 300;

export const pauseTests: readonly ConformanceTest[] = [
  {
    group: 'pause',
    name: 'moves no byte for half a second while it is paused, then finishes',
    applies: pauses,
    timed: true,
    run: async (harness) => {
      const { content, wish } = longCopy(harness.capabilities);
      const copy = await harness.stage(content);
      const transfer = await copy.begin(wish);
      expect(await transfer.reaches(mib), 'it ended before it could be paused').toBe(true);
      expect(transfer.controls.canPause, 'both pause and resume are registered').toBe(true);
      await transfer.controls.pause();
      await sleep(settleMs + harness.lagMs);
      const { arrived } = copy;
      await sleep(500);
      expect(copy.arrived - arrived, 'bytes that moved while it was paused').toBe(0);
      expect(transfer.settled).toBe(false);
      await transfer.controls.resume();
      expect((await transfer.outcome).error).toBeUndefined();
      await copy.expectSame();
    },
  },
  {
    group: 'pause',
    name: 'can be cancelled while it is paused',
    applies: pauses,
    timed: true,
    run: async (harness) => {
      const { content, wish } = longCopy(harness.capabilities);
      const transfer = await (await harness.stage(content)).begin(wish);
      await transfer.reaches(1);
      await transfer.controls.pause();
      const abortedAtMs = performance.now();
      transfer.abort();
      const { error, endedAtMs } = await transfer.outcome;
      expect(error).toMatchObject({ code: 'CANCELLED' });
      expect(endedAtMs - abortedAtMs, 'milliseconds').toBeLessThan(2000);
    },
  },
  {
    group: 'pause',
    name: 'registers no way to pause, as it does not claim `pause`',
    applies: (capabilities) => !pauses(capabilities),
    run: async (harness) => {
      await everyEnding(harness);
      expect(harness.breachesOf('pause is only answered by who claims it')).toEqual([]);
    },
  },
];
