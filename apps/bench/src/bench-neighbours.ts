import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { filesystemOf } from './describe-machine.ts';
import { prepareVictim, waitsDuring } from './fsync-victim.ts';
import type { Waits } from './fsync-victim.ts';
import { imagectl } from './imagectl.ts';
import { makeImage } from './make-image.ts';
import { neighboursPage } from './neighbours-page.ts';
import type { Outcome } from './outcome.ts';
import type { Contender } from './race.ts';
import type { Setting } from './setting.ts';

/** One copy beside a neighbour, or the neighbour alone. */
export interface Visit {
  readonly waits: Waits;
  readonly seconds: number;
  /** Of data; 0 where nothing was copied. */
  readonly mebibytesPerSecond: number;
}

export interface NeighbourRun {
  readonly name: string;
  readonly visits: readonly Visit[];
}

/** Half of what a fast disk does, so that there is something to gain by a limit. */
const rsyncLimit = '200M';
const aloneSeconds = 8;

/**
 * How long a neighbour on the same disk waits for its own small writes while an image is copied: by `cp`, by `rsync` with a limit, by us,
 * and by us at idle priority. All copies are cold, and over when they are on the disk.
 */
export async function benchNeighbours({ folder, rounds, mebibytes }: Setting): Promise<Outcome> {
  const [from, to] = [join(folder, 'disk.raw'), join(folder, 'copy.raw')];
  await makeImage(from, mebibytes);
  await prepareVictim(folder);
  const runs = contendersFor(from, to).map((contender) => ({ ...contender, visits: [] as Visit[] }));
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < runs.length; turn++) {
      const run = runs[(round + turn) % runs.length];
      await forget(from, to, folder);
      run?.visits.push(await visit(folder, run.command, mebibytes));
    }
  }
  const results: readonly NeighbourRun[] = runs.map(({ name, visits }) => ({ name, visits }));
  return { record: { runs: results }, ...neighboursPage(results, { filesystem: await filesystemOf(folder), mebibytes, rounds }) };
}

function contendersFor(from: string, to: string): readonly (Omit<Contender, 'command'> & { readonly command?: Contender['command'] })[] {
  const shell = (line: string): Contender['command'] => ['sh', '-c', line, 'sh', from, to];
  return [
    { name: 'alone' },
    { name: 'cp && sync FILE', command: shell('cp -- "$1" "$2" && sync -- "$2"') },
    {
      name: `rsync --bwlimit=${rsyncLimit}`,
      command: shell(`rsync --whole-file --inplace --bwlimit=${rsyncLimit} -- "$1" "$2" && sync -- "$2"`),
    },
    { name: 'imagectl copy', command: imagectl('copy', from, to, '--driver', 'cp', '--quiet').command },
    { name: 'imagectl copy --priority idle', command: imagectl('copy', from, to, '--priority', 'idle', '--quiet').command },
  ];
}

/** As if nobody had touched the image for long, and with nothing left to write. */
async function forget(from: string, to: string, folder: string): Promise<void> {
  await rm(to, { force: true });
  await execa('sync', ['--file-system', folder]);
  await execa('dd', [`if=${from}`, 'of=/dev/null', 'iflag=nocache', 'count=0', 'status=none']);
  await sleep(500);
}

async function visit(folder: string, command: Contender['command'] | undefined, mebibytes: number): Promise<Visit> {
  const { waits, result: seconds } = await waitsDuring(folder, () =>
    command ? secondsOf(command) : sleep(aloneSeconds * 1000, aloneSeconds),
  );
  return { waits, seconds, mebibytesPerSecond: command ? mebibytes / seconds : 0 };
}

async function secondsOf([program, ...args]: Contender['command']): Promise<number> {
  // The neighbour is at work before the copy comes.
  await sleep(300);
  const startedAt = performance.now();
  await execa(program, args, { stdin: 'ignore', stdout: 'ignore' });
  return (performance.now() - startedAt) / 1000;
}
