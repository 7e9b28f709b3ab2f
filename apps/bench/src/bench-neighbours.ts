import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { filesystemOf } from './describe-machine.ts';
import { prepareVictim } from './fsync-victim.ts';
import { imagectl } from './imagectl.ts';
import { makeImage } from './make-image.ts';
import { neighbourVisits } from './neighbour-visits.ts';
import type { Guest } from './neighbour-visits.ts';
import { neighboursPage } from './neighbours-page.ts';
import type { Outcome } from './outcome.ts';
import type { CommandLine } from './race.ts';
import type { Setting } from './setting.ts';

/** Half of what a fast disk does, so that there is something to gain by a limit. */
const rsyncLimit = '200M';

/**
 * How long a neighbour on the same disk waits for its own small writes while an image is copied: by `cp`, by `rsync` with a limit, by us,
 * and by us at idle priority. All copies are cold, and over when they are on the disk.
 */
export async function benchNeighbours({ folder, rounds, mebibytes }: Setting): Promise<Outcome> {
  const [from, to] = [join(folder, 'disk.raw'), join(folder, 'copy.raw')];
  await makeImage(from, mebibytes);
  await prepareVictim(folder);
  const forget = (): Promise<void> => forgetImage(from, to, folder);
  const runs = await neighbourVisits(guestsFor(from, to), { folder, rounds, mebibytes, forget });
  return { record: { runs }, ...neighboursPage(runs, { filesystem: await filesystemOf(folder), mebibytes, rounds }) };
}

function guestsFor(from: string, to: string): readonly Guest[] {
  const shell = (line: string): CommandLine['command'] => ['sh', '-c', line, 'sh', from, to];
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
async function forgetImage(from: string, to: string, folder: string): Promise<void> {
  await rm(to, { force: true });
  await execa('sync', ['--file-system', folder]);
  await execa('dd', [`if=${from}`, 'of=/dev/null', 'iflag=nocache', 'count=0', 'status=none']);
  await sleep(500);
}
