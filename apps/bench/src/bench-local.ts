import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { comparisonOfRace } from './comparison-of.ts';
import { filesystemOf } from './describe-machine.ts';
import { imagectl } from './imagectl.ts';
import { copyBy, libraryName, withLibrary } from './library.ts';
import { makeImage, makeSparseImage } from './make-image.ts';
import { outcomeOf } from './outcome.ts';
import type { Outcome } from './outcome.ts';
import { race } from './race.ts';
import type { Score } from './race.ts';
import type { Setting } from './setting.ts';

const peer = 'cp && sync FILE';
const aims = [
  { beside: peer, atMost: 1.1 },
  { of: libraryName, beside: peer, atMost: 1.05 },
];

/** How many times as large as its data the sparse image is. */
const holes = 8;

/** A local copy that is on the disk when it is over: ours against `cp` and `sync` of the file. */
export async function benchLocal(setting: Setting): Promise<Outcome> {
  const { folder, mebibytes } = setting;
  const where = `on ${await filesystemOf(folder)}`;
  await makeImage(join(folder, 'dense.raw'), mebibytes);
  const said = [await plannedSeconds(join(folder, 'dense.raw'), folder)];
  const dense = await raceOf(`Local copy of ${mebibytes} MiB of data ${where}`, 'dense.raw', setting);
  await rm(join(folder, 'dense.raw'));
  await makeSparseImage(join(folder, 'sparse.raw'), mebibytes * holes);
  said.push(await plannedSeconds(join(folder, 'sparse.raw'), folder));
  const sparse = await raceOf(`Local copy of ${mebibytes * holes} MiB, an eighth of it data, ${where}`, 'sparse.raw', setting);
  return {
    ...outcomeOf([dense, sparse]),
    section: {
      title: 'Copies within a machine',
      about: 'Where nothing can be cloned. The files were read before.',
      judgedBy: 'least',
      comparisons: [dense, sparse].map((score, index) => ({
        ...comparisonOfRace(score, aims, [libraryName]),
        remarks: [predicted(score, said[index] ?? NaN)],
      })),
    },
  };
}

function raceOf(title: string, image: string, { folder, rounds }: Setting): Promise<Score> {
  const [from, to] = [join(folder, image), join(folder, 'copy.raw')];
  return withLibrary((api) => {
    const contenders = [
      imagectl('copy', from, to, '--quiet'),
      { name: libraryName, work: () => copyBy(api, from, to) },
      { name: peer, command: ['sh', '-c', 'cp -- "$1" "$2" && sync -- "$2"', 'sh', from, to] as const },
    ];
    return race(title, contenders, rounds, async () => {
      await rm(to, { force: true });
      await execa('sync', ['-f', folder]);
    });
  });
}

/** What the plan says of it beforehand, on a machine where nothing was copied yet. */
function plannedSeconds(from: string, folder: string): Promise<number> {
  return withLibrary(
    async (api) => {
      const [winner] = (await api.plan(from, join(folder, 'planned.raw'))).candidates;
      return winner?.accepted ? winner.seconds : NaN;
    },
    { history: false },
  );
}

function predicted({ times }: Score, seconds: number): string {
  const least = Math.min(...(times.find(({ name }) => name === libraryName)?.seconds ?? []));
  return `The plan said ${seconds.toFixed(2)} s, which is ${(seconds / least).toFixed(2)} times the least it took.`;
}
