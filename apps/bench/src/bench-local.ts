import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { filesystemOf } from './describe-machine.ts';
import { imagectl } from './imagectl.ts';
import { makeImage } from './make-image.ts';
import { race } from './race.ts';
import type { Score } from './race.ts';
import type { Setting } from './setting.ts';

/** A local copy that is on the disk when it is over: ours against `cp` and `sync` of the file. */
export async function benchLocal({ folder, rounds, mebibytes }: Setting): Promise<readonly Score[]> {
  const [from, to] = [join(folder, 'disk.raw'), join(folder, 'copy.raw')];
  await makeImage(from, mebibytes);
  const title = `local copy of ${mebibytes} MiB of data on ${await filesystemOf(folder)}`;
  const contenders = [
    imagectl('copy', from, to, '--quiet'),
    { name: 'cp && sync FILE', command: ['sh', '-c', 'cp -- "$1" "$2" && sync -- "$2"', 'sh', from, to] as const },
  ];
  return [
    await race(title, contenders, rounds, async () => {
      await rm(to, { force: true });
      await execa('sync', ['-f', folder]);
    }),
  ];
}
