import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { comparisonOfRace } from './comparison-of.ts';
import { imagectl } from './imagectl.ts';
import { makeImage } from './make-image.ts';
import { outcomeOf } from './outcome.ts';
import type { Outcome } from './outcome.ts';
import { race } from './race.ts';
import type { Contender, Score } from './race.ts';
import type { Setting } from './setting.ts';
import { withFilesystem } from './with-filesystem.ts';

/** A copy on a filesystem that can share blocks: what is left is our own overhead. Needs root, for the loop mounts. */
export async function benchClone({ folder, rounds, mebibytes }: Setting): Promise<Outcome | undefined> {
  if (process.getuid?.() !== 0) {
    console.log('clone: left out, only root may mount filesystems');
    return undefined;
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
      const reset = (): Promise<void> => rm(to, { force: true });
      scores.push(await race(`Clone of ${mebibytes} MiB of data on ${kind}`, contenders, rounds, reset));
      const cached = await copyFromCache(mounted, from, to);
      scores.push(await race(`Clone out of the cache, on ${kind}`, [cached, ...contenders.slice(1)], rounds, reset));
    });
  }
  return {
    ...outcomeOf(scores),
    section: {
      title: 'Clones',
      about:
        'Where the filesystem shares blocks, no data is moved: what is left is the start of a process, and the checks before and after.',
      judgedBy: 'least',
      comparisons: scores.map((score) => comparisonOfRace(score, [{ beside: 'nothing', atMost: 0.3, inSeconds: true }])),
    },
  };
}

/** Once the image is in a cache on the same filesystem, where it shares its blocks with what was put in. */
async function copyFromCache(mounted: string, from: string, to: string): Promise<Contender> {
  const config = join(mounted, 'image-api.json');
  await writeFile(config, JSON.stringify({ drivers: ['cp', ['p2p-precache', { cacheDir: join(mounted, 'cache') }]] }));
  const { command } = imagectl('precache', from, '--config', config);
  const [program, ...args] = command;
  const { stdout } = await execa(program, args);
  return { ...imagectl('copy', stdout.trim(), to, '--config', config, '--quiet'), name: 'imagectl copy p2p:sha256-…' };
}
