import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { ConformanceTest } from '../conformance-test.ts';
import { mib } from '../content/content.ts';
import { writersOf } from '../harness/processes.ts';
import type { RunningTransfer } from '../harness/running-transfer.ts';
import { writingThreads } from '../harness/writing-threads.ts';
import { longCopy } from './long-copy.ts';

/** What this process writes for itself meanwhile is less. */
const worthTelling = 2 * mib;

export const idleTests: readonly ConformanceTest[] = [
  {
    group: 'idle',
    name: 'writes by no process, and no thread of this one, of ordinary priority where it was asked for idle',
    applies: ({ idle }) => idle === true,
    missing: () => (process.platform === 'linux' ? undefined : 'processes are looked at in /proc'),
    run: async (harness) => {
      const { content, wish } = longCopy(harness.capabilities);
      const copy = await harness.stage(content);
      const transfer = await copy.begin({ ...wish, priority: 'idle' });
      const seen = await writersDuring(transfer, copy.stage.files.to);
      const { error, report } = await transfer.outcome;
      expect(error).toBeUndefined();
      expect([...seen].filter(([, nice]) => nice <= 0)).toEqual([]);
      // A clone is over before anybody can be seen at it.
      if (report?.counters.bytesSkipped !== content.size) expect(seen.size, 'processes and threads seen writing').toBeGreaterThan(0);
    },
  },
];

/** Who wrote meanwhile, and how nice they were to others. */
async function writersDuring(transfer: RunningTransfer, path: string): Promise<ReadonlyMap<string, number>> {
  const seen = new Map<string, number>();
  const before = new Map(writingThreads().map(({ id, written }) => [id, written]));
  while (!transfer.settled) {
    for (const { command, nice } of writersOf(path)) seen.set(command, nice);
    for (const { id, nice, written } of writingThreads()) {
      if (written - (before.get(id) ?? 0) > worthTelling) seen.set(`thread ${id} of this process`, nice);
    }
    await sleep(5);
  }
  return seen;
}
