import { randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { describe } from 'vitest';
import { describeLab } from '../src/describe-lab.ts';
import { faultCell } from '../src/fault-cell.ts';
import { localFaults } from '../src/fault-matrix-local.ts';
import { arrived } from '../src/faults/arrived.ts';
import { holdStill } from '../src/faults/hold-still.ts';
import { inTheMiddle } from '../src/faults/in-the-middle.ts';
import { localScene } from '../src/faults/local-scene.ts';
import { signalTool } from '../src/faults/signal-tool.ts';
import { impatient, slowly } from '../src/faults/slow-copy.ts';
import { stagingOf } from '../src/faults/staging-of.ts';

const ways = ['cp', 'rsync'] as const;
const mebibyte = 1024 * 1024;

describeLab('who copies here is killed', { hosts: {}, tools: ['strace'], sideBySide: true }, (lab) => {
  describe.concurrent.each(ways)('by %s', (way) => {
    faultCell(lab, {
      row: localFaults.killed,
      way,
      scene: (lab) => localScene(lab, way),
      inject: inTheMiddle(async (_, running) => process.kill(await running.pid(), 'SIGKILL')),
    });

    faultCell(lab, {
      row: localFaults.killedOver,
      way,
      scene: (lab) => localScene(lab, way, { old: true }),
      inject: inTheMiddle(async (_, running) => process.kill(await running.pid(), 'SIGKILL')),
    });

    faultCell(lab, {
      row: localFaults.terminated,
      way,
      scene: (lab) => localScene(lab, way),
      inject: inTheMiddle(async (_, running) => process.kill(await running.pid(), 'SIGTERM')),
    });

    faultCell(lab, {
      row: localFaults.stopped,
      way,
      scene: (lab) => localScene(lab, way),
      inject: inTheMiddle(
        async (_, running) => {
          const goOn = await holdStill(running);
          await delay(2000);
          goOn();
        },
        { config: impatient },
      ),
    });

    faultCell(lab, {
      row: localFaults.torn,
      way,
      scene: (lab) => localScene(lab, way),
      inject: async (hit) => {
        const running = hit.start(slowly);
        await arrived(hit, running, 4 * mebibyte);
        process.kill(await running.pid(), 'SIGKILL');
        const result = await running.done;
        await damage(hit.lab.here.outside(await stagingOf(hit)));
        return result;
      },
    });
  });

  describe.concurrent('with a tool', () => {
    faultCell(lab, {
      row: localFaults.toolKilled,
      way: 'rsync',
      scene: (lab) => localScene(lab, 'rsync'),
      inject: inTheMiddle((hit) => signalTool(hit, 'rsync', 'SIGKILL')),
    });

    faultCell(lab, {
      row: localFaults.toolCrashes,
      way: 'rsync',
      scene: (lab) => localScene(lab, 'rsync'),
      inject: inTheMiddle((hit) => signalTool(hit, 'rsync', 'SIGSEGV')),
    });

    faultCell(lab, {
      row: localFaults.toolHangs,
      way: 'rsync',
      scene: (lab) => localScene(lab, 'rsync'),
      inject: inTheMiddle((hit) => signalTool(hit, 'rsync', 'SIGSTOP'), { config: impatient }),
    });

    faultCell(lab, {
      row: localFaults.toolHangsCancelled,
      way: 'rsync',
      scene: (lab) => localScene(lab, 'rsync'),
      inject: inTheMiddle(async (hit, running) => {
        await signalTool(hit, 'rsync', 'SIGSTOP');
        process.kill(await running.pid(), 'SIGTERM');
      }),
    });
  });
});

/** As a disk may leave it that was cut off while it wrote. */
async function damage(staging: string): Promise<void> {
  const file = await open(staging, 'r+');
  const { size } = await file.stat();
  await file.write(randomBytes(200_000), 0, 200_000, mebibyte + 77);
  await file.write(Buffer.alloc(mebibyte), 0, mebibyte, 2 * mebibyte + 12_345);
  await file.write(randomBytes(100_000), 0, 100_000, size - 1000);
  await file.close();
}
