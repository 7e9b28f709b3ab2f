import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { imagectl } from './imagectl.ts';
import { makeImage } from './make-image.ts';
import { race } from './race.ts';
import type { Score } from './race.ts';
import type { Setting } from './setting.ts';
import { withFilesystem } from './with-filesystem.ts';

/** A copy on a filesystem that can share blocks: what is left is our own overhead. Needs root, for the loop mounts. */
export async function benchClone({ folder, rounds, mebibytes }: Setting): Promise<readonly Score[]> {
  if (process.getuid?.() !== 0) {
    console.log('clone: left out, only root may mount filesystems');
    return [];
  }
  const scores: Score[] = [];
  for (const kind of ['btrfs', 'xfs'] as const) {
    await withFilesystem(kind, folder, mebibytes + 2048, async (mounted) => {
      const [from, to] = [join(mounted, 'disk.raw'), join(mounted, 'copy.raw')];
      await makeImage(from, mebibytes);
      const contenders = [
        imagectl('copy', from, to, '--quiet'),
        {
          name: 'cp --reflink=always && sync FILE',
          command: ['sh', '-c', 'cp --reflink=always -- "$1" "$2" && sync -- "$2"', 'sh', from, to] as const,
        },
      ];
      scores.push(await race(`clone of ${mebibytes} MiB of data on ${kind}`, contenders, rounds, () => rm(to, { force: true })));
    });
  }
  return scores;
}
