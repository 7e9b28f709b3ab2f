import { copyFile, rm } from 'node:fs/promises';
import { describe, it } from 'vitest';
import { describeLab } from '../src/describe-lab.ts';
import { expectCell } from '../src/fault-cell.ts';
import type { FaultCell, Hit } from '../src/fault-cell.ts';
import { localFaults } from '../src/fault-matrix-local.ts';
import type { Scene } from '../src/fault-scene.ts';
import { callsOf, filesOf, hitCall } from '../src/faults/calls.ts';
import { localScene } from '../src/faults/local-scene.ts';
import { quickly } from '../src/faults/slow-copy.ts';
import { oneThread } from '../src/faults/strace.ts';

const all = process.env['CHECK_ALL'] !== undefined;
const ways = ['cp', 'rsync'] as const;
/** Where there is not time for all: whatever opens, fills and locks; and what gives the image its name. */
const filling = /^(openat|ftruncate|flock) \d+$|^(read|pread64|write|pwrite64) (1|9)$/;
const naming = /^(chmod|chown|fchownat|fsync|link|unlink|rename) \d+$/;
const rows = [
  { row: localFaults.callFails, what: 'error=EIO', old: false, some: [filling, naming] },
  { row: localFaults.callKills, what: 'signal=KILL', old: false, some: [filling, naming] },
  { row: localFaults.callFailsOver, what: 'error=EIO', old: true, some: [naming] },
  { row: localFaults.callKillsOver, what: 'signal=KILL', old: true, some: [naming] },
];

describeLab('the system calls of a copy here', { hosts: {}, tools: ['strace'], sideBySide: true }, (lab) => {
  describe.concurrent.each(ways)('by %s', (way) => {
    for (const { row, what, old, some } of rows) {
      it(`${row.fault}: ${way}`, { timeout: all ? 1_200_000 : 120_000 }, async () => {
        const scene = await localScene(lab(), way, { mebibytes: 1, old });
        const restore = await keepDestination(scene, old);
        const start: Hit['start'] = (options) => lab().start(['copy', scene.from.path, scene.to.path, ...scene.args], options);
        const files = await filesOf({ lab: lab(), scene, start });
        const calls = await callsOf({ lab: lab(), scene, start }, files);
        for (const call of calls) {
          const variant = `${call.name} ${call.nth}`;
          if (!all && !some.some((pattern) => pattern.test(variant))) continue;
          await restore();
          await expectVariant({
            ...{ row, way, variant },
            scene: async () => scene,
            inject: (hit) => hit.start({ ...quickly, through: hitCall(files, call, what), env: oneThread }).done,
          });
        }
      });
    }
  });

  const expectVariant = async <Way extends string>(cell: FaultCell<Way>): Promise<void> => {
    try {
      await expectCell(lab(), cell);
    } catch (error) {
      throw new Error(`${cell.variant}: ${(error as Error).message}`, { cause: error });
    }
  };
});

/** Answers what makes the destination again what it is now. */
async function keepDestination({ from, to }: Scene, old: boolean): Promise<() => Promise<void>> {
  const [path, kept] = [to.host.outside(to.path), from.host.outside(`${from.path}.old`)];
  if (old) await copyFile(path, kept);
  return async () => {
    await rm(path, { force: true });
    if (old) await copyFile(kept, path);
  };
}
