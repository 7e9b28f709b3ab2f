import { rm } from 'node:fs/promises';
import { expect } from 'vitest';
import { always } from '../conformance-test.ts';
import type { ConformanceTest } from '../conformance-test.ts';
import { dense, mib } from '../content/content.ts';
import { everyEnding } from './every-ending.ts';

export const untouchedTests: readonly ConformanceTest[] = [
  {
    group: 'untouched',
    name: 'says untouched of a copy whose source was gone',
    applies: always,
    run: async (harness) => {
      const copy = await harness.stage(dense(mib));
      const request = await copy.request();
      await rm(copy.stage.files.from);
      expect((await copy.transfer(request).outcome).error).toMatchObject({ untouched: true });
    },
  },
  {
    group: 'untouched',
    name: 'says untouched of a copy that was cancelled before it began',
    applies: always,
    run: async (harness) => {
      const transfer = await (await harness.stage(dense(mib))).begin({}, { aborted: true });
      expect((await transfer.outcome).error).toMatchObject({ untouched: true });
    },
  },
  {
    group: 'untouched',
    name: 'never says untouched once it has written',
    applies: always,
    run: async (harness) => {
      await everyEnding(harness);
      expect(harness.breachesOf('`untouched` is true')).toEqual([]);
    },
  },
];
