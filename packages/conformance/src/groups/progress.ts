import type { Capabilities } from '@image-api/driver';
import { expect } from 'vitest';
import { always } from '../conformance-test.ts';
import type { ConformanceTest } from '../conformance-test.ts';
import { mib } from '../content/content.ts';
import { everyEnding } from './every-ending.ts';
import { longCopy } from './long-copy.ts';

const tellsBytes = ({ progress }: Capabilities): boolean => progress === 'bytes';
/** What may be on its way between the driver and the destination: half of the image. */
const underWay = 4 * mib;

export const progressTests: readonly ConformanceTest[] = [
  {
    group: 'progress',
    name: 'tells at least three times how far a long copy is, and at its end all of it',
    applies: tellsBytes,
    timed: true,
    run: async (harness) => {
      const { content, wish } = longCopy(harness.capabilities);
      const { transfer, report } = await (await harness.stage(content)).copy(wish);
      const positions = [...transfer.updates, report?.counters].flatMap((counters) => counters?.bytesLogical ?? []);
      expect(positions.at(-1), 'the last position').toBe(content.size);
      // A clone is over before there is anything to tell.
      if (report?.counters.bytesSkipped === content.size) return;
      expect(new Set(positions).size, `different positions in ${positions.join(', ')}`).toBeGreaterThanOrEqual(3);
    },
  },
  {
    group: 'progress',
    name: 'tells of no byte long before it has arrived',
    applies: (capabilities) => tellsBytes(capabilities) && capabilities.limits !== undefined,
    timed: true,
    run: async (harness) => {
      const { content, wish } = longCopy(harness.capabilities);
      const copy = await harness.stage(content);
      const ahead: number[] = [];
      const onUpdate = ({ bytesLogical = 0 }): void => void ahead.push(bytesLogical - copy.arrived);
      await copy.copy(wish, { onUpdate });
      expect(Math.max(0, ...ahead), 'bytes told of that have not arrived').toBeLessThanOrEqual(underWay);
    },
  },
  {
    group: 'progress',
    name: 'tells counters that never go down and never exceed what there is',
    applies: always,
    run: async (harness) => {
      await everyEnding(harness);
      expect(harness.breachesOf('counters never go down')).toEqual([]);
      expect(harness.breachesOf('counters never exceed what there is')).toEqual([]);
    },
  },
  {
    group: 'progress',
    name: 'invents no byte counts, as it does not claim `progress: bytes`',
    applies: (capabilities) => !tellsBytes(capabilities),
    run: async (harness) => {
      await everyEnding(harness);
      expect(harness.breachesOf('no byte counts are invented')).toEqual([]);
    },
  },
];
