import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import type { ImageApi } from 'image-api';
import { comparisonOfRace } from './comparison-of.ts';
import { filesystemOf } from './describe-machine.ts';
import { imagectl } from './imagectl.ts';
import { copyBy, libraryName, withLibrary } from './library.ts';
import { makeImage, makeSparseImage } from './make-image.ts';
import { outcomeOf } from './outcome.ts';
import type { Outcome } from './outcome.ts';
import { median, race } from './race.ts';
import type { Score } from './race.ts';
import type { Setting } from './setting.ts';

const peer = 'cp && sync FILE';
const aims = [
  { beside: peer, atMost: 1.1 },
  { of: libraryName, beside: peer, atMost: 1.05 },
];

/** How many times as large as its data the sparse image is. */
const holes = 8;

/** What was expected of a copy beforehand, and what is expected of the next one after all of them, in seconds. */
interface Expected {
  readonly first: number;
  readonly next: number;
}

/** A local copy that is on the disk when it is over: ours against `cp` and `sync` of the file. */
export async function benchLocal(setting: Setting): Promise<Outcome> {
  const { folder, mebibytes } = setting;
  const where = `on ${await filesystemOf(folder)}`;
  await makeImage(join(folder, 'dense.raw'), mebibytes);
  const dense = await raceOf(`Local copy of ${mebibytes} MiB of data ${where}`, 'dense.raw', setting);
  await rm(join(folder, 'dense.raw'));
  await makeSparseImage(join(folder, 'sparse.raw'), mebibytes * holes);
  const sparse = await raceOf(`Local copy of ${mebibytes * holes} MiB, an eighth of it data, ${where}`, 'sparse.raw', setting);
  return {
    ...outcomeOf([dense.score, sparse.score]),
    section: {
      title: 'Copies within a machine',
      about: 'Where nothing can be cloned. The files were read before.',
      judgedBy: 'least',
      comparisons: [dense, sparse].map(({ score, expected }) => ({
        ...comparisonOfRace(score, aims, [libraryName]),
        remarks: [predicted(score, expected)],
      })),
    },
  };
}

async function raceOf(
  title: string,
  image: string,
  { folder, rounds }: Setting,
): Promise<{ readonly score: Score; readonly expected: Expected }> {
  const [from, to] = [join(folder, image), join(folder, 'copy.raw')];
  const plannedSeconds = async (api: ImageApi): Promise<number> => {
    const [winner] = (await api.plan(from, join(folder, 'planned.raw'))).candidates;
    return winner?.accepted ? winner.seconds : NaN;
  };
  const first = await withLibrary(plannedSeconds, { history: false });
  return withLibrary(async (api) => {
    const contenders = [
      imagectl('copy', from, to, '--quiet'),
      { name: libraryName, work: () => copyBy(api, from, to) },
      { name: peer, command: ['sh', '-c', 'cp -- "$1" "$2" && sync -- "$2"', 'sh', from, to] as const },
    ];
    const score = await race(title, contenders, rounds, async () => {
      await rm(to, { force: true });
      await execa('sync', ['-f', folder]);
    });
    return { score, expected: { first, next: await plannedSeconds(api) } };
  });
}

function predicted({ times }: Score, { first, next }: Expected): string {
  const real = median(times.find(({ name }) => name === libraryName)?.seconds ?? []);
  const share = (seconds: number): string =>
    `${seconds.toFixed(2)} s, which is ${(seconds / real).toFixed(2)} times what it took, the median`;
  return `The plan said ${share(first)}, where nothing was copied yet. After these copies it says ${share(next)}.`;
}
