import { copyFile, readdir, rm } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { describeLab } from '../src/describe-lab.ts';
import { expectCell, faultCell } from '../src/fault-cell.ts';
import { diskFaults } from '../src/fault-matrix-disk.ts';
import { callsOf, filesOf, hitCall } from '../src/faults/calls.ts';
import { arrived } from '../src/faults/arrived.ts';
import { localScene } from '../src/faults/local-scene.ts';
import { mountOnLoggedDisk } from '../src/faults/logged-disk.ts';
import type { LoggedDisk } from '../src/faults/logged-disk.ts';
import { cutPower } from '../src/faults/power-cut.ts';
import { quickly, slowly } from '../src/faults/slow-copy.ts';
import { oneThread } from '../src/faults/strace.ts';
import { mountFilesystem } from '../src/loop-filesystem.ts';

const all = process.env['CHECK_ALL'] !== undefined;
const ways = ['cp', 'rsync'] as const;
const mebibyte = 1024 * 1024;
const kinds = [
  { kind: 'ext4', mebibytes: 64 },
  { kind: 'xfs', mebibytes: 320 },
] as const;
const tools = ['strace', 'losetup', 'mkfs.ext4', 'mkfs.xfs', 'xfs_io', 'qemu-storage-daemon'];

describeLab('the power of a copy here', { hosts: {}, tools, sideBySide: true }, (lab) => {
  describe.concurrent.each(kinds)('on $kind', ({ kind, mebibytes }) => {
    for (const way of ways) {
      faultCell(lab, {
        row: diskFaults.powerCutAfter,
        way: `${way}, ${kind}`,
        scene: async ({ here }) =>
          localScene(lab(), way, { toDirectory: `${await mountFilesystem(here, kind, mebibytes, `after-${kind}-${way}`)}/out` }),
        inject: async (hit) => {
          const result = await hit.start(quickly).done;
          await cutPower(hit.lab.here, `after-${kind}-${way}`);
          return result;
        },
      });

      faultCell(lab, {
        row: diskFaults.powerCutDuring,
        way: `${way}, ${kind}`,
        scene: async ({ here }) => {
          const name = `during-${kind}-${way}`;
          const scene = await localScene(lab(), way, {
            old: true,
            toDirectory: `${await mountFilesystem(here, kind, mebibytes, name)}/out`,
          });
          await here.run(['sync', '--file-system', `/srv/${name}`]);
          return scene;
        },
        inject: async (hit) => {
          const running = hit.start(slowly);
          await arrived(hit, running);
          process.kill(await running.pid(), 'SIGKILL');
          await cutPower(hit.lab.here, `during-${kind}-${way}`, running.done);
          return running.done;
        },
      });
    }

    for (const way of ways) {
      const name = `half-${kind}-${way}`;
      faultCell(lab, {
        row: diskFaults.powerCutHalfWritten,
        way: `${way}, ${kind}`,
        scene: async ({ here }) => localScene(lab(), way, { toDirectory: `${await mountFilesystem(here, kind, mebibytes, name)}/out` }),
        inject: async (hit) => {
          const running = hit.start(slowly);
          await arrived(hit, running, 2 * mebibyte);
          await hit.lab.here.run(['sync', '--file-system', `/srv/${name}`]);
          await arrived(hit, running, 4 * mebibyte);
          process.kill(await running.pid(), 'SIGKILL');
          await cutPower(hit.lab.here, name, running.done);
          return running.done;
        },
      });
    }

    it(`${diskFaults.powerCutPublishing.fault}: cp, ${kind}`, async () => {
      const { here } = lab();
      const [way, name] = ['cp', `naming-${kind}`] as const;
      const directory = `${await mountFilesystem(here, kind, mebibytes, name)}/out`;
      const scene = await localScene(lab(), way, { old: true, mebibytes: 4, toDirectory: directory });
      const [to, old] = [scene.to, `${scene.from.path}.old`].map((place) => here.outside(typeof place === 'string' ? place : place.path));
      await copyFile(to!, old!);
      const hit = {
        lab: lab(),
        scene,
        start: (options = {}) => lab().start(['copy', scene.from.path, scene.to.path, ...scene.args], options),
      };
      const files = await filesOf(hit);
      const calls = (await callsOf(hit, files)).filter(({ name }) => /^(chmod|fsync|rename)$/.test(name));
      expect(calls.length).toBeGreaterThanOrEqual(4);
      for (const call of calls) {
        await rm(to!);
        await copyFile(old!, to!);
        await here.run(['sync', '--file-system', directory]);
        await expectCell(lab(), {
          row: diskFaults.powerCutPublishing,
          way: `${way}, ${kind}`,
          variant: `${call.name} ${call.nth}`,
          scene: async () => scene,
          inject: async (hit) => {
            const result = await hit.start({ ...quickly, through: hitCall(files, call, 'signal=KILL'), env: oneThread }).done;
            await cutPower(here, name);
            return result;
          },
        });
      }
    });
  });

  let disk: LoggedDisk;
  faultCell(lab, {
    row: diskFaults.powerCutAnywhere,
    way: 'cp',
    scene: async ({ here }) => {
      disk = await mountOnLoggedDisk(here, 'logged');
      const scene = await localScene(lab(), 'cp', { old: true, mebibytes: 8, toDirectory: `${disk.mountPoint}/out` });
      await here.run(['sync', '--file-system', disk.mountPoint]);
      return scene;
    },
    inject: async (hit) => {
      const { digest, oldDigest } = hit.scene;
      const before = (await disk.writes()).length;
      const result = await hit.start(quickly).done;
      const writes = await disk.writes();
      expect(writes.length - before, 'writes of the copy').toBeGreaterThan(20);
      const seen = new Set<string>();
      for (let count = before; count <= writes.length; count += 1) {
        const found = await disk.after(writes, count, 'out/disk.raw');
        expect([digest, oldDigest], `after ${count} of ${writes.length} writes`).toContain(found);
        seen.add(found);
      }
      expect(seen, 'the old image at first, the new one at last').toEqual(new Set([oldDigest, digest]));
      return result;
    },
    mend: () => disk.stop(),
  });

  it.concurrent.each(ways)(`${diskFaults.powerCutAgain.fault}: %s`, { timeout: all ? 600_000 : 120_000 }, async (way) => {
    const { here } = lab();
    const disk = await mountOnLoggedDisk(here, `revived-${way}`);
    const scene = await localScene(lab(), way, { mebibytes: 8, toDirectory: `${disk.mountPoint}/out` });
    const sync = (): Promise<unknown> => here.run(['sync', '--file-system', disk.mountPoint]);
    await sync();
    const before = (await disk.writes()).length;
    const running = lab().start(['copy', scene.from.path, scene.to.path, '--json', '--limit', '4MiB/s', ...scene.args]);
    for (let bytes = mebibyte; bytes <= 6 * mebibyte; bytes += mebibyte) {
      await arrived({ scene }, running, bytes);
      await sync();
    }
    process.kill(await running.pid(), 'SIGKILL');
    const result = await running.done;
    const writes = await disk.writes();
    await disk.stop();
    const step = all ? 1 : Math.max(1, Math.floor((writes.length - before) / 12));
    const seen = new Set<string>();
    for (let count = before; count <= writes.length; count += step) {
      await expectCell(lab(), {
        row: diskFaults.powerCutAgain,
        way,
        variant: `${count - before} of ${writes.length - before} writes`,
        scene: async () => scene,
        inject: async () => {
          await disk.revive(writes, count);
          seen.add((await readdir(here.outside(`${disk.mountPoint}/out`))).join(' '));
          return result;
        },
      });
    }
    expect(seen.size, 'with and without a staging file').toBe(2);
    await here.run(['umount', disk.mountPoint]);
  });

  it('would tear an image that is written over in place, which shows that the log of writes is worth something', async () => {
    const { here } = lab();
    const careless = await mountOnLoggedDisk(here, 'careless');
    const { from, to, digest, oldDigest } = await localScene(lab(), 'cp', { old: true, mebibytes: 8, toDirectory: careless.mountPoint });
    await here.run(['sync', '--file-system', careless.mountPoint]);
    const before = (await careless.writes()).length;
    await here.run(['dd', `if=${from.path}`, `of=${to.path}`, 'bs=1M', 'conv=notrunc,fsync', 'status=none']);
    const writes = await careless.writes();
    const isTorn = async (count: number): Promise<boolean> =>
      ![digest, oldDigest].includes(await careless.after(writes, count, 'disk.raw'));
    let count = before;
    while (count <= writes.length && !(await isTorn(count))) count += 1;
    expect(count, 'writes until the image is neither the old nor the new one').toBeLessThan(writes.length);
    await careless.stop();
  });
});
