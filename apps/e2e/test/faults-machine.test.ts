import { execFile } from 'node:child_process';
import { posix } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect } from 'vitest';
import { describeLab } from '../src/describe-lab.ts';
import { faultCell } from '../src/fault-cell.ts';
import type { Hit } from '../src/fault-cell.ts';
import { localFaults } from '../src/fault-matrix-local.ts';
import { arrived } from '../src/faults/arrived.ts';
import { fakeClock } from '../src/faults/fake-clock.ts';
import { inTheMiddle } from '../src/faults/in-the-middle.ts';
import { localScene } from '../src/faults/local-scene.ts';
import { signalTool } from '../src/faults/signal-tool.ts';
import { slowly } from '../src/faults/slow-copy.ts';

const ways = ['cp', 'rsync'] as const;
const jumps = [
  { row: localFaults.clockAhead, years: 5 },
  { row: localFaults.clockBack, years: -5 },
];
const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--inh-caps=-all', '--'];

describeLab('the machine of a copy here', { hosts: {}, tools: ['strace', 'faketime', 'prlimit'], sideBySide: true }, (lab) => {
  describe.concurrent.each(ways)('by %s', (way) => {
    for (const { row, years } of jumps) {
      faultCell(lab, {
        row,
        way,
        scene: (lab) => localScene(lab, way),
        inject: async (hit) => {
          const clock = await fakeClock(hit.lab.here, `${hit.scene.from.path}.clock`);
          const running = hit.start({ ...slowly, env: clock.env });
          await arrived(hit, running);
          await clock.jump(years);
          expect(await clock.year()).toBe(new Date().getFullYear() + years);
          return running.done;
        },
      });
    }

    faultCell(lab, {
      row: localFaults.noOpenFiles,
      way,
      scene: (lab) => localScene(lab, way),
      inject: inTheMiddle(async (_, running) => setLimit(await running.pid(), '--nofile=0:')),
    });

    faultCell(lab, {
      row: localFaults.noProcesses,
      way,
      scene: async (lab) => {
        const scene = await localScene(lab, way);
        await lab.here.run(['chown', '-R', '65534', own(scene)]);
        return scene;
      },
      inject: async (hit) => {
        const running = hit.start({ ...slowly, through: nobody, noSshConfig: true });
        await arrived(hit, running);
        await setLimit(await running.pid(), '--nproc=0:', nobody);
        if (way === 'rsync') await signalTool(hit, way, 'SIGKILL');
        return running.done;
      },
      // Not the source: it would not be the same any more.
      mend: ({ lab, scene }) => lab.here.run(['chown', '-R', '0', posix.dirname(scene.to.path)]),
    });
  });
});

function own({ from }: Hit['scene']): string {
  return posix.dirname(from.path);
}

/** Of a process that runs already, by who is the same user. `pid` is as seen from here. */
async function setLimit(pid: number, limit: string, as: readonly string[] = []): Promise<void> {
  const [program, ...args] = [...as, 'prlimit', `--pid=${pid}`, limit];
  await promisify(execFile)(program, args);
}
