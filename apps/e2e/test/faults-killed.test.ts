import { mkdir, rm } from 'node:fs/promises';
import { describe } from 'vitest';
import { describeLab } from '../src/describe-lab.ts';
import { faultCell } from '../src/fault-cell.ts';
import { localFaults } from '../src/fault-matrix-local.ts';
import { putStrangerAt } from '../src/fault-scene.ts';
import { arrived } from '../src/faults/arrived.ts';
import { localScene } from '../src/faults/local-scene.ts';
import { slowly } from '../src/faults/slow-copy.ts';
import { mountFilesystem } from '../src/loop-filesystem.ts';

const ways = ['cp', 'rsync'] as const;

describeLab('faults on one machine', { hosts: {}, tools: ['strace', 'mkfs.ext4', 'losetup'], sideBySide: true }, (lab) => {
  describe.concurrent.each(ways)('by %s', (way) => {
    faultCell(lab, {
      row: localFaults.killed,
      way,
      scene: (lab) => localScene(lab, way),
      inject: async (hit) => {
        const running = hit.start(slowly[way]);
        await arrived(hit, running);
        process.kill(await running.pid(), 'SIGKILL');
        return running.done;
      },
    });

    faultCell(lab, {
      row: localFaults.noSpace,
      way,
      scene: async (lab) => {
        const small = await mountFilesystem(lab.here, 'ext4', 64, `small-${way}`);
        await mkdir(lab.here.outside(`${small}/filling`));
        return localScene(lab, way, { directory: `${small}/out` });
      },
      inject: async (hit) => {
        const running = hit.start(slowly[way]);
        await arrived(hit, running);
        await hit.lab.here.run(['sh', '-c', `! dd if=/dev/zero of=/srv/small-${way}/filling/file bs=1M status=none`]);
        return running.done;
      },
      mend: ({ lab }) => rm(lab.here.outside(`/srv/small-${way}/filling/file`)),
    });

    faultCell(lab, {
      row: localFaults.appears,
      way,
      scene: (lab) => localScene(lab, way),
      inject: async (hit) => {
        const running = hit.start(slowly[way]);
        await arrived(hit, running);
        await putStrangerAt(hit.scene.to);
        return running.done;
      },
      mend: ({ scene: { to } }) => rm(to.host.outside(to.path)),
    });
  });
});
