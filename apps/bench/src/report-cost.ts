import { copyFile } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { defineDriver } from '@image-api/driver';
import type { Driver } from '@image-api/driver';
import { createImageApi } from 'image-api';

const reports = 200_000;
/** Between two of them a driver would wait for its disk. */
const atOnce = 100;

/** Microseconds of this process that a driver's word of how far it is costs, all told: what follows of it, and who hears of it. */
export async function reportMicroseconds(from: string, to: string): Promise<number> {
  const spent: number[] = [];
  const api = createImageApi({ drivers: [talkative((microseconds) => spent.push(microseconds))], history: false });
  try {
    const task = api.copy(from, to);
    let heard = 0;
    for await (const event of task) heard += event.type === 'progress' ? 1 : 0;
    await task.wait();
    if (heard === 0) throw new Error('nobody heard of the progress');
    return spent[0] ?? NaN;
  } finally {
    await api.dispose();
  }
}

/** Copies, and then says far more often than anybody wants to know how far it is. */
function talkative(tell: (microseconds: number) => void): Driver {
  return defineDriver({
    specVersion: 1,
    id: 'talkative',
    capabilities: { routes: [{ from: 'file', to: 'file' }], progress: 'bytes' },
    probe: () => Promise.resolve({ available: true, detail: 'part of the bench' }),
    offer: () => Promise.resolve({ accept: true, seconds: 1, reason: 'to be measured', commands: [], notes: [] }),
    transfer: async (request, context) => {
      await copyFile(request.from.path, request.to.path);
      const size = request.from.facts.size ?? 0;
      const before = process.cpuUsage();
      for (let count = 0; count < reports; count += 1) {
        context.report({ phase: 'copy', bytesLogical: Math.floor((size * count) / reports) });
        if (count % atOnce === 0) await nextTurn();
      }
      const { user, system } = process.cpuUsage(before);
      tell((user + system) / reports);
      return { counters: { bytesLogical: size } };
    },
  });
}
