import { describe } from 'vitest';
import { describeLab } from '../src/describe-lab.ts';
import { faultCell } from '../src/fault-cell.ts';
import { localFaults } from '../src/fault-matrix-local.ts';
import { inTheMiddle } from '../src/faults/in-the-middle.ts';
import { localScene } from '../src/faults/local-scene.ts';
import { signalTool } from '../src/faults/signal-tool.ts';
import { impatient } from '../src/faults/slow-copy.ts';

const ways = ['cp', 'rsync'] as const;

describeLab('who copies here is killed', { hosts: {}, tools: ['strace'], sideBySide: true }, (lab) => {
  describe.concurrent.each(ways)('by %s', (way) => {
    faultCell(lab, {
      row: localFaults.killed,
      way,
      scene: (lab) => localScene(lab, way),
      inject: inTheMiddle(way, async (_, running) => process.kill(await running.pid(), 'SIGKILL')),
    });

    faultCell(lab, {
      row: localFaults.killedOver,
      way,
      scene: (lab) => localScene(lab, way, { old: true }),
      inject: inTheMiddle(way, async (_, running) => process.kill(await running.pid(), 'SIGKILL')),
    });

    faultCell(lab, {
      row: localFaults.terminated,
      way,
      scene: (lab) => localScene(lab, way),
      inject: inTheMiddle(way, async (_, running) => process.kill(await running.pid(), 'SIGTERM')),
    });

    faultCell(lab, {
      row: localFaults.toolKilled,
      way,
      scene: (lab) => localScene(lab, way),
      inject: inTheMiddle(way, (hit) => signalTool(hit, way, 'SIGKILL')),
    });

    faultCell(lab, {
      row: localFaults.toolCrashes,
      way,
      scene: (lab) => localScene(lab, way),
      inject: inTheMiddle(way, (hit) => signalTool(hit, way, 'SIGSEGV')),
    });

    faultCell(lab, {
      row: localFaults.toolHangs,
      way,
      scene: (lab) => localScene(lab, way),
      inject: inTheMiddle(way, (hit) => signalTool(hit, way, 'SIGSTOP'), { config: impatient }),
    });

    faultCell(lab, {
      row: localFaults.toolHangsCancelled,
      way,
      scene: (lab) => localScene(lab, way),
      inject: inTheMiddle(way, async (hit, running) => {
        await signalTool(hit, way, 'SIGSTOP');
        process.kill(await running.pid(), 'SIGTERM');
      }),
    });
  });
});
