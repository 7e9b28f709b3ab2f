import { open, stat } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { describeLab } from '../src/describe-lab.ts';
import { expectExit } from '../src/expect-copied.ts';
import { resultOf } from '../src/result-lines.ts';
import { mountFilesystem } from '../src/loop-filesystem.ts';
import { withStalls } from '../src/rates.ts';

const mebibyte = 1024 * 1024;
/** Of which all zeros are hashed once, on the way into the cache. */
const cachedGibibytes = process.env['CHECK_ALL'] ? 10 : 1;

describeLab('clones', { hosts: {}, tools: ['mkfs.xfs', 'mkfs.btrfs', 'losetup'] }, (lab) => {
  it.each(['btrfs', 'xfs'] as const)('takes less than half a second for many gigabytes on %s, by cp', async (kind) => {
    const { here } = lab();
    const directory = await mountFilesystem(here, kind, 2048);
    await here.run(['dd', 'if=/dev/urandom', `of=${directory}/disk.raw`, 'bs=4M', 'count=100', 'status=none']);
    const image = await open(here.outside(`${directory}/disk.raw`), 'r+');
    await image.truncate(6 * 1024 * mebibyte);
    await image.close();
    await here.run(['sync', '--file-system', directory]);

    const { result, lostSeconds } = await withStalls(() =>
      lab().imagectl(['copy', `${directory}/disk.raw`, `${directory}/copy.raw`, '--json']),
    );
    expectExit(result, 0);
    const told = resultOf(result);
    expect(told.driver, result.story).toBe('cp');
    expect(told.seconds - lostSeconds, result.story).toBeLessThan(0.5);
    await here.run(['cmp', `--bytes=${401 * mebibyte}`, `${directory}/disk.raw`, `${directory}/copy.raw`]);
    expect((await stat(here.outside(`${directory}/copy.raw`))).size).toBe(6 * 1024 * mebibyte);
    // 400 MiB of data are there twice, and take room once.
    const { stdout } = await here.run(['df', '--output=used', '--block-size=1M', directory]);
    expect(Number(String(stdout).split('\n')[1])).toBeLessThan(600);
    await here.run(['umount', directory]);
  });

  it.each(['btrfs', 'xfs'] as const)(
    'gives an image of the cache on the same %s in less than half a second, without its blocks',
    async (kind) => {
      const { here } = lab();
      const directory = await mountFilesystem(here, kind, 1024, `${kind}-cache`);
      await here.run(['dd', 'if=/dev/urandom', `of=${directory}/disk.raw`, 'bs=4M', 'count=50', 'status=none']);
      await here.run(['truncate', `--size=${cachedGibibytes}G`, `${directory}/disk.raw`]);
      const config = { drivers: ['cp', ['p2p-precache', { cacheDir: `${directory}/cache` }]] };
      const cached = await lab().imagectl(['precache', `${directory}/disk.raw`], { config });
      expectExit(cached, 0);

      const { result, lostSeconds } = await withStalls(() =>
        lab().imagectl(['copy', cached.stdout.trim(), `${directory}/copy.raw`, '--json'], { config }),
      );
      expectExit(result, 0);
      expect(resultOf(result)).toMatchObject({ driver: 'p2p-precache', counters: { bytesSent: 0 } });
      expect(resultOf(result).seconds - lostSeconds, result.story).toBeLessThan(0.5);
      await here.run(['cmp', `--bytes=${201 * mebibyte}`, `${directory}/disk.raw`, `${directory}/copy.raw`]);
      expect((await stat(here.outside(`${directory}/copy.raw`))).size).toBe(cachedGibibytes * 1024 * mebibyte);
      // 200 MiB of data are there three times, and take room once.
      const { stdout } = await here.run(['df', '--output=used', '--block-size=1M', directory]);
      expect(Number(String(stdout).split('\n')[1])).toBeLessThan(390);
      await here.run(['umount', directory]);
    },
  );
});
