import { always } from '../conformance-test.ts';
import type { ConformanceTest } from '../conformance-test.ts';

export const disposeTests: readonly ConformanceTest[] = [
  {
    group: 'dispose',
    name: 'can be disposed without ever having been used, and twice',
    applies: always,
    run: async (harness) => {
      const driver = harness.createDriver();
      await driver.dispose?.();
      await driver.dispose?.();
    },
  },
];
