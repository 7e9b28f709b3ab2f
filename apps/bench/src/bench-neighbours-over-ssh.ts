import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { startSshd } from '../../../packages/host/test/real-sshd.ts';
import type { RealSshd } from '../../../packages/host/test/real-sshd.ts';
import { filesystemOf } from './describe-machine.ts';
import { prepareVictim } from './fsync-victim.ts';
import { imagectl } from './imagectl.ts';
import { makeImage } from './make-image.ts';
import { neighbourVisits } from './neighbour-visits.ts';
import type { Guest } from './neighbour-visits.ts';
import { neighboursPage } from './neighbours-page.ts';
import type { Words } from './neighbours-page.ts';
import type { Outcome } from './outcome.ts';
import type { Setting } from './setting.ts';

/** A disk that nobody waits for: memory. */
const memory = '/dev/shm';
/** Half of what ssh does here. */
const rsyncLimit = '100M';

/**
 * How long a neighbour at the receiving end of a copy over ssh waits for its own small writes: beside `rsync`, with a limit and without, and
 * beside us, at ordinary and at idle priority. The image is in memory where it comes from, and all copies are over when they are on the disk.
 */
export async function benchNeighboursOverSsh({ folder, rounds, mebibytes }: Setting): Promise<Outcome> {
  const near = await mkdtemp(join(memory, 'image-api-bench-'));
  const sshd = await startSshd();
  const [from, to] = [join(near, 'disk.raw'), join(folder, 'copy.raw')];
  try {
    await makeImage(from, mebibytes);
    await prepareVictim(folder);
    const forget = (): Promise<void> => forgetCopy(to, folder);
    const runs = await neighbourVisits(guestsFor(from, to, sshd), { folder, rounds, mebibytes, forget });
    return { record: { runs }, ...neighboursPage(runs, { filesystem: await filesystemOf(folder), mebibytes, rounds }, words) };
  } finally {
    await sshd.stop();
    await rm(near, { recursive: true, force: true });
  }
}

function guestsFor(from: string, to: string, { configFile, alias }: RealSshd): readonly Guest[] {
  const ssh = `ssh -F '${configFile}'`;
  const rsync = (limit: string): NonNullable<Guest['command']> => [
    'sh',
    '-c',
    `rsync --whole-file --inplace ${limit} -e "${ssh}" -- "$1" "${alias}:$2" && ${ssh} ${alias} sync -- "$2"`,
    'sh',
    from,
    to,
  ];
  const ours = ['copy', from, `${alias}:${to}`, '--driver', 'rsync', '--ssh-config', configFile, '--quiet'];
  return [
    { name: 'alone' },
    { name: 'rsync, then sync FILE', command: rsync('') },
    { name: `rsync --bwlimit=${rsyncLimit}`, command: rsync(`--bwlimit=${rsyncLimit}`) },
    { name: 'imagectl copy', command: imagectl(...ours).command },
    { name: 'imagectl copy --priority idle', command: imagectl(...ours, '--priority', 'idle').command },
  ];
}

/** Nothing is left to write. */
async function forgetCopy(to: string, folder: string): Promise<void> {
  await rm(to, { force: true });
  await execa('sync', ['--file-system', folder]);
  await sleep(500);
}

const words: Words = {
  page: 'neighbours-over-ssh',
  title: 'The gentle copy over ssh',
  intro: ({
    filesystem,
    mebibytes,
    rounds,
  }) => `What others notice on the disk that a copy over ssh goes to. A neighbour writes 4 KiB somewhere in its file and waits until they are on the
disk, again and again, as a database does; meanwhile an image with ${mebibytes} MiB of data, which is in memory where it comes from, arrives on the same
${filesystem} over the loopback interface. Below is how long the neighbour waits, in milliseconds, and how many times as long as alone: medians of
${rounds} rounds, in which all ways take turns. A copy is over when it is on the disk. Made by \`npm run bench -- neighbours-over-ssh\`. Where
both files are on one machine: [the gentle copy](neighbours.md).`,
  why: `What \`rsync\` writes stays in the memory of the machine it arrives on, and the system takes it to the disk later and all at once: who waits for
the disk then waits for all of it. With \`--priority idle\` a small program beside the receiving rsync has each piece taken to the disk as soon as
it has arrived, one after the other, without a commit of the journal, which others would wait for; then nothing is left to be written in a burst.
Both rsyncs have the lowest priority, and where the disk does not keep up, the copy is held back.`,
};
