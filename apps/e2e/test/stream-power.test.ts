import { existsSync } from 'node:fs';
import { copyFile, mkdir, open, rm } from 'node:fs/promises';
import { execa } from 'execa';
import { beforeAll, expect, it } from 'vitest';
import { describeLab } from '../src/describe-lab.ts';
import { expectExit } from '../src/expect-copied.ts';
import { expectNobodyAtWork } from '../src/expect-alone.ts';
import { mountOnLoggedDisk } from '../src/faults/logged-disk.ts';
import { arrivedIn } from '../src/growth.ts';
import { writeRandomImage } from '../src/image-files.ts';
import { streamFlags, streamTools } from '../src/streamed-copy.ts';

const mebibyte = 1024 * 1024;
const all = process.env['CHECK_ALL'] !== undefined;
const tools = [...streamTools, 'qemu-io', 'losetup', 'mkfs.ext4'];
/** Where a guest writes, far ahead of the background. */
const guestsPlace = { offset: 23 * mebibyte, length: mebibyte, byte: 7 } as const;

describeLab('an image that comes, and the power fails', { hosts: {}, tools, sideBySide: true }, (lab) => {
  const [untouched, written] = ['/srv/disk.raw', '/srv/written.raw'];
  beforeAll(async () => {
    const { here } = lab();
    await writeRandomImage(here.outside(untouched), 24);
    await copyFile(here.outside(untouched), here.outside(written));
    const file = await open(here.outside(written), 'r+');
    await file.write(Buffer.alloc(guestsPlace.length, guestsPlace.byte), 0, guestsPlace.length, guestsPlace.offset);
    await file.close();
  });

  it(
    'is gone on with after any one write to the disk, is the same in the end, and has what a guest had flushed',
    { timeout: all ? 900_000 : 120_000 },
    async () => {
      const { here } = lab();
      const disk = await mountOnLoggedDisk(here, 'cut');
      const [out, to] = [here.outside(`${disk.mountPoint}/out`), `${disk.mountPoint}/out/disk.qcow2`];
      await mkdir(out);
      const sync = (): Promise<unknown> => here.run(['sync', '--file-system', disk.mountPoint]);
      const came = async (bytes: number): Promise<void> => {
        await expect.poll(() => arrivedIn(out), { timeout: 20_000, interval: 20 }).toBeGreaterThan(bytes);
      };
      await sync();
      const before = (await disk.writes()).length;

      const ready = await lab().imagectl(['copy', untouched, to, '--ready', '--limit', '6MiB/s', ...streamFlags]);
      expectExit(ready, 0);
      await came(4 * mebibyte);
      await sync();
      await came(8 * mebibyte);
      const { offset, length, byte } = guestsPlace;
      const write = `write -q -P ${byte} ${offset} ${length}`;
      await here.run(['qemu-io', '-f', 'raw', '-c', write, '-c', 'flush', ready.stdout.trim()]);
      const flushed = (await disk.writes()).length;
      await came(16 * mebibyte);
      await sync();
      await expect.poll(() => existsSync(here.outside(to)), { timeout: 20_000 }).toBe(true);
      await sync();
      const writes = await disk.writes();
      await disk.stop();
      await expectNobodyAtWork(here);

      const step = all ? 1 : Math.ceil((writes.length - before) / 12);
      let resumed = 0;
      for (let count = before; count <= writes.length; count += step) {
        await disk.revive(writes, count);
        await mkdir(out, { recursive: true });
        if (!existsSync(here.outside(to))) {
          const again = await lab().imagectl(['copy', untouched, to, '--json', ...streamFlags]);
          expectExit(again, 0);
          if (again.stdout.includes('"held":"resume"')) resumed += 1;
          await expectNobodyAtWork(here);
        }
        const wanted = [...(count < flushed ? [untouched] : []), written];
        const same = await Promise.all(wanted.map((raw) => isSame(here.outside(raw), here.outside(to))));
        expect(same, `after ${count - before} of ${writes.length - before} writes, ${flushed - before} until the flush`).toContain(true);
        await rm(here.outside(to));
      }
      expect(resumed, 'times it went on from what was there').toBeGreaterThan(2);
      await here.run(['umount', disk.mountPoint]);
    },
  );
});

/** What a guest would read of both. */
async function isSame(raw: string, qcow2: string): Promise<boolean> {
  const { exitCode } = await execa('qemu-img', ['compare', '-f', 'raw', '-F', 'qcow2', raw, qcow2], { reject: false });
  return exitCode === 0;
}
