import { mkdir, readFile, rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect } from 'vitest';
import { describeLab } from '../src/describe-lab.ts';
import { faultCell } from '../src/fault-cell.ts';
import type { Scene } from '../src/fault-scene.ts';
import { diskFaults } from '../src/fault-matrix-disk.ts';
import { arrived } from '../src/faults/arrived.ts';
import { pieceOf, spoil } from '../src/faults/bad-sector.ts';
import { mountOnFailingDisk } from '../src/faults/failing-disk.ts';
import { inTheMiddle } from '../src/faults/in-the-middle.ts';
import { localScene } from '../src/faults/local-scene.ts';
import { impatient, quickly, slowly } from '../src/faults/slow-copy.ts';
import { stagingOf } from '../src/faults/staging-of.ts';
import { oneThread, tamper, tamperWith } from '../src/faults/strace.ts';
import type { Lab } from '../src/lab.ts';
import { mountFilesystem } from '../src/loop-filesystem.ts';

const ways = ['cp', 'rsync'] as const;
const mebibyte = 1024 * 1024;
const tools = ['strace', 'losetup', 'mkfs.ext4', 'e2fsck', 'chattr', 'fsfreeze', 'mkfs.btrfs', 'qemu-storage-daemon'];

describeLab('the disk of a copy here', { hosts: {}, tools, sideBySide: true }, (lab) => {
  describe.concurrent.each(ways)('by %s', (way) => {
    faultCell(lab, {
      row: diskFaults.tooSmall,
      way,
      scene: async (lab) => localScene(lab, way, { toDirectory: await mountFilesystem(lab.here, 'ext4', 16, `tiny-${way}`) }),
      inject: (hit) => hit.start(quickly).done,
      mend: async ({ lab: { here } }) => {
        await here.run(['umount', `/srv/tiny-${way}`]);
        await here.run(['mount', '-t', 'tmpfs', 'room', `/srv/tiny-${way}`]);
      },
    });

    faultCell(lab, {
      row: diskFaults.noSpace,
      way,
      scene: async (lab) => {
        const small = await mountFilesystem(lab.here, 'ext4', 64, `small-${way}`);
        await mkdir(lab.here.outside(`${small}/filling`));
        return localScene(lab, way, { toDirectory: `${small}/out` });
      },
      inject: inTheMiddle(({ lab }) => lab.here.run(['sh', '-c', `! dd if=/dev/zero of=/srv/small-${way}/filling/file bs=1M status=none`])),
      mend: ({ lab }) => rm(lab.here.outside(`/srv/small-${way}/filling/file`)),
    });

    faultCell(lab, {
      row: diskFaults.noSpaceAtSync,
      way,
      scene: async (lab) => {
        const { here } = lab;
        await here.run(['mount', '-t', 'tmpfs', '-o', 'size=12m', 'cellar', await made(here.outside, `/srv/cellar-${way}`)]);
        const above = await mountFilesystem(here, 'ext4', 64, `cellar-${way}/above`, { journal: false });
        return localScene(lab, way, { toDirectory: `${above}/out` });
      },
      inject: (hit) => hit.start(quickly).done,
      mend: ({ lab }) => lab.here.run(['mount', '-o', 'remount,size=100m', `/srv/cellar-${way}`]),
    });

    faultCell(lab, {
      row: diskFaults.badSync,
      way,
      scene: (lab) => localScene(lab, way),
      inject: (hit) => hit.start({ ...quickly, through: tamper('fsync:error=EIO:when=1'), env: oneThread }).done,
    });

    faultCell(lab, {
      row: diskFaults.badWrite,
      way,
      scene: async (lab) => localScene(lab, way, { toDirectory: await mountFilesystem(lab.here, 'ext4', 64, `write-${way}`) }),
      inject: async (hit) => {
        const through = tamperWith(await stagingOf(hit), 'write:error=EIO:when=10', 'pwrite64:error=EIO:when=10');
        return hit.start({ ...quickly, through, env: oneThread }).done;
      },
    });

    let takeAway: () => Promise<void>;
    faultCell(lab, {
      row: diskFaults.badDisk,
      way,
      scene: async (lab) => {
        takeAway = await mountOnFailingDisk(lab.here, `failing-${way}`, 64, 10);
        return localScene(lab, way, { toDirectory: `/srv/failing-${way}/out` });
      },
      inject: (hit) => hit.start(quickly).done,
      mend: () => takeAway(),
    });

    let restore: () => Promise<void>;
    faultCell(lab, {
      row: diskFaults.badSource,
      way,
      scene: async (lab) => localScene(lab, way, { fromDirectory: await mountFilesystem(lab.here, 'btrfs', 128, `spoilt-${way}`) }),
      inject: async (hit) => {
        const { here } = hit.lab;
        const piece = await pieceOf(hit.scene.from, 8 * mebibyte);
        await here.run(['umount', `/srv/spoilt-${way}`]);
        restore = await spoil({ host: here, path: `/srv/spoilt-${way}.fs` }, piece);
        await here.run(['mount', '-o', 'loop', `/srv/spoilt-${way}.fs`, `/srv/spoilt-${way}`]);
        return hit.start(quickly).done;
      },
      mend: async ({ lab: { here } }) => {
        await here.run(['umount', `/srv/spoilt-${way}`]);
        await restore();
        await here.run(['mount', '-o', 'loop', `/srv/spoilt-${way}.fs`, `/srv/spoilt-${way}`]);
      },
    });

    faultCell(lab, {
      row: diskFaults.readOnly,
      way,
      scene: async (lab) => localScene(lab, way, { toDirectory: await mountFilesystem(lab.here, 'ext4', 64, `closed-${way}`) }),
      inject: async (hit) => {
        await hit.lab.here.run(['mount', '-o', 'remount,ro', `/srv/closed-${way}`]);
        return hit.start(quickly).done;
      },
      mend: ({ lab }) => lab.here.run(['mount', '-o', 'remount,rw', `/srv/closed-${way}`]),
    });

    faultCell(lab, {
      row: diskFaults.turnsReadOnly,
      way,
      scene: async (lab) => {
        const options = { mount: ['errors=remount-ro'] };
        return localScene(lab, way, { toDirectory: await mountFilesystem(lab.here, 'ext4', 64, `turns-${way}`, options) });
      },
      inject: inTheMiddle(({ lab }) =>
        lab.here.run(['sh', '-c', `echo 1 >/sys/fs/ext4/$(basename $(findmnt -no SOURCE /srv/turns-${way}))/trigger_fs_error`]),
      ),
      mend: async ({ lab: { here } }) => {
        await here.run(['umount', `/srv/turns-${way}`]);
        await here.run(['sh', '-c', `e2fsck -fy /srv/turns-${way}.fs; [ $? -le 1 ]`]);
        await here.run(['mount', '-o', 'loop', `/srv/turns-${way}.fs`, `/srv/turns-${way}`]);
      },
    });

    faultCell(lab, {
      row: diskFaults.immutable,
      way,
      scene: async (lab) => localScene(lab, way, { toDirectory: `${await mountFilesystem(lab.here, 'ext4', 64, `stone-${way}`)}/out` }),
      inject: async (hit) => {
        await hit.lab.here.run(['chattr', '+i', `/srv/stone-${way}/out`]);
        return hit.start(quickly).done;
      },
      mend: ({ lab }) => lab.here.run(['chattr', '-i', `/srv/stone-${way}/out`]),
    });

    faultCell(lab, {
      row: diskFaults.immutableOld,
      way,
      scene: async (lab) => localScene(lab, way, { old: true, toDirectory: await mountFilesystem(lab.here, 'ext4', 64, `rock-${way}`) }),
      inject: async (hit) => {
        await hit.lab.here.run(['chattr', '+i', hit.scene.to.path]);
        return hit.start(quickly).done;
      },
      mend: ({ lab, scene }) => lab.here.run(['chattr', '-i', scene.to.path]),
    });
  });

  describe.concurrent('by cp', () => {
    const onIce = async ({ here }: Lab, name: string): Promise<Scene> =>
      localScene(lab(), 'cp', { toDirectory: `${await mountFilesystem(here, 'ext4', 64, name)}/out` });

    faultCell(lab, {
      row: diskFaults.diskHangs,
      way: 'cp',
      scene: (lab) => onIce(lab, 'ice'),
      inject: inTheMiddle(
        async ({ lab }) => {
          await setFrozen(lab, '/srv/ice', true);
          await delay(3000);
          await setFrozen(lab, '/srv/ice', false);
        },
        { config: impatient },
      ),
    });

    faultCell(lab, {
      row: diskFaults.diskHangsCancelled,
      way: 'cp',
      scene: (lab) => onIce(lab, 'frost'),
      inject: inTheMiddle(async ({ lab }, running) => {
        await setFrozen(lab, '/srv/frost', true);
        await delay(500);
        process.kill(await running.pid(), 'SIGTERM');
        await delay(2500);
        await setFrozen(lab, '/srv/frost', false);
      }),
    });

    faultCell(lab, {
      row: diskFaults.badLeftover,
      way: 'cp',
      scene: async ({ here }) => localScene(lab(), 'cp', { toDirectory: `${await mountFilesystem(here, 'btrfs', 128, 'leftover')}/out` }),
      inject: async (hit) => {
        const { here } = hit.lab;
        const running = hit.start(slowly);
        await arrived(hit, running, 4 * mebibyte);
        process.kill(await running.pid(), 'SIGKILL');
        const result = await running.done;
        const piece = await pieceOf(hit.scene.from, 2 * mebibyte);
        await here.run(['umount', '/srv/leftover']);
        await spoil({ host: here, path: '/srv/leftover.fs' }, piece);
        await here.run(['mount', '-o', 'loop', '/srv/leftover.fs', '/srv/leftover']);
        const staging = here.outside(await stagingOf(hit));
        await expect(readFile(staging), 'what had arrived').rejects.toThrow('EIO');
        return result;
      },
    });
  });
});

async function setFrozen({ here }: Lab, mountPoint: string, frozen: boolean): Promise<void> {
  await here.run(['fsfreeze', frozen ? '--freeze' : '--unfreeze', mountPoint]);
}

/** A directory that was not there. */
async function made(outside: (path: string) => string, path: string): Promise<string> {
  await mkdir(outside(path));
  return path;
}
