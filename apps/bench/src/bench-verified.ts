import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { comparisonOfRace } from './comparison-of.ts';
import { imagectl } from './imagectl.ts';
import { makeFullImage, makeSparseImage } from './make-image.ts';
import { outcomeOf } from './outcome.ts';
import type { Outcome } from './outcome.ts';
import { race } from './race.ts';
import type { Score } from './race.ts';
import type { Setting } from './setting.ts';

const plain = 'imagectl copy, by size';
const byContent = 'imagectl copy --verify content';
const readBack = 'imagectl copy --verify read-back';
const why =
  'A sha256 is of every byte, the zeros of holes among them, each after the one before it, so one processor makes it: where that takes longer than the copy, as it does where most is holes, it decides.';

const aims = [
  { beside: plain, atMost: 1.25, why },
  { of: byContent, beside: plain, atMost: 1.25 },
];

/** What it costs to know that every byte arrived. */
export async function benchVerified(setting: Setting): Promise<Outcome> {
  const { folder, mebibytes } = setting;
  await makeFullImage(join(folder, 'dense.raw'), mebibytes);
  const dense = await raceOf(`Verified copy of ${mebibytes} MiB of data`, 'dense.raw', setting);
  await rm(join(folder, 'dense.raw'));
  await makeSparseImage(join(folder, 'sparse.raw'), mebibytes);
  const sparse = await raceOf(`Verified copy of ${mebibytes} MiB, an eighth of it data`, 'sparse.raw', setting);
  return {
    ...outcomeOf([dense, sparse]),
    section: {
      title: 'Verified copies within a machine',
      about:
        'By `content`: a sample of what this process wrote is read back and compared. By `sha256`: that, and all is hashed as it is written. By `read-back`: all of it is read again, from the disk. Where nothing can be cloned; the files were read before.',
      judgedBy: 'least',
      comparisons: [dense, sparse].map((score) => comparisonOfRace(score, aims, [byContent, plain, readBack])),
    },
  };
}

function raceOf(title: string, image: string, { folder, rounds }: Setting): Promise<Score> {
  const [from, to] = [join(folder, image), join(folder, 'copy.raw')];
  const byHand = 'cp -- "$1" "$2" && sync -- "$2" && sha256sum -- "$1" "$2"';
  const contenders = [
    { ...imagectl('copy', from, to, '--quiet', '--verify', 'sha256'), name: 'imagectl copy --verify sha256' },
    { ...imagectl('copy', from, to, '--quiet', '--verify', 'content'), name: byContent },
    { ...imagectl('copy', from, to, '--quiet'), name: plain },
    { ...imagectl('copy', from, to, '--quiet', '--verify', 'read-back'), name: readBack },
    { name: 'cp && sync FILE && sha256sum of both', command: ['sh', '-c', byHand, 'sh', from, to] as const },
  ];
  return race(title, contenders, rounds, async () => {
    await rm(to, { force: true });
    await execa('sync', ['-f', folder]);
  });
}
