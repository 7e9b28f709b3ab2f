import { open, stat } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { describeLab } from '../src/describe-lab.ts';
import { expectExit } from '../src/expect-copied.ts';
import { resultOf } from '../src/result-lines.ts';
import { mountFilesystem } from '../src/loop-filesystem.ts';

const mebibyte = 1024 * 1024;

describeLab('clones', { hosts: {}, tools: ['mkfs.xfs', 'mkfs.btrfs', 'losetup'] }, (lab) => {
  it.each(['btrfs', 'xfs'] as const)('takes less than half a second for many gigabytes on %s, by cp', async (kind) => {
    const { here } = lab();
    const directory = await mountFilesystem(here, kind, 2048);
    await here.run(['dd', 'if=/dev/urandom', `of=${directory}/disk.raw`, 'bs=4M', 'count=100', 'status=none']);
    const image = await open(here.outside(`${directory}/disk.raw`), 'r+');
    await image.truncate(6 * 1024 * mebibyte);
    await image.close();
    await here.run(['sync', '--file-system', directory]);

    const result = await lab().imagectl(['copy', `${directory}/disk.raw`, `${directory}/copy.raw`, '--json']);
    expectExit(result, 0);
    const told = resultOf(result);
    expect(told.driver, result.story).toBe('cp');
    expect(told.seconds, result.story).toBeLessThan(0.5);
    await here.run(['cmp', `--bytes=${401 * mebibyte}`, `${directory}/disk.raw`, `${directory}/copy.raw`]);
    expect((await stat(here.outside(`${directory}/copy.raw`))).size).toBe(6 * 1024 * mebibyte);
    // 400 MiB of data are there twice, and take room once.
    const { stdout } = await here.run(['df', '--output=used', '--block-size=1M', directory]);
    expect(Number(String(stdout).split('\n')[1])).toBeLessThan(600);
    await here.run(['umount', directory]);
  });
});
