import { stat } from 'node:fs/promises';
import type { Capabilities } from '@image-api/driver';
import { expect } from 'vitest';
import type { ConformanceTest } from '../conformance-test.ts';
import { dense, mib } from '../content/content.ts';

const caches = ({ cache }: Capabilities): boolean => cache === true;

export const cacheTests: readonly ConformanceTest[] = [
  {
    group: 'cache',
    name: 'sends nothing for an image that was put near before',
    applies: caches,
    run: async (harness) => {
      const copy = await harness.stage(dense(4 * mib));
      expect((await copy.transfer(await copy.request(), { method: 'fill' }).outcome).error).toBeUndefined();
      const { report } = await copy.copy();
      await copy.expectSame();
      expect(report?.counters.bytesSent).toBe(0);
    },
  },
  {
    group: 'cache',
    name: 'writes nothing to `to` while it puts an image near',
    applies: caches,
    run: async (harness) => {
      const copy = await harness.stage(dense(4 * mib));
      await copy.transfer(await copy.request(), { method: 'fill' }).outcome;
      expect((await stat(copy.stage.files.to)).size).toBe(0);
    },
  },
];
