import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { ConformanceTest } from '../conformance-test.ts';
import { writersOf } from '../harness/processes.ts';
import { longCopy } from './long-copy.ts';

export const idleTests: readonly ConformanceTest[] = [
  {
    group: 'idle',
    name: 'writes by no process of ordinary priority where it was asked for idle',
    applies: ({ idle }) => idle === true,
    missing: () => (process.platform === 'linux' ? undefined : 'processes are looked at in /proc'),
    run: async (harness) => {
      const { content, wish } = longCopy(harness.capabilities);
      const copy = await harness.stage(content);
      const transfer = await copy.begin({ ...wish, priority: 'idle' });
      const seen = new Map<string, number>();
      while (!transfer.settled) {
        for (const { command, nice } of writersOf(copy.stage.files.to)) seen.set(command, nice);
        await sleep(5);
      }
      const { error, report } = await transfer.outcome;
      expect(error).toBeUndefined();
      expect([...seen].filter(([, nice]) => nice <= 0)).toEqual([]);
      // A clone is over before anybody can be seen at it.
      if (report?.counters.bytesSkipped !== content.size) expect(seen.size, 'processes seen writing').toBeGreaterThan(0);
    },
  },
];
