import { readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { filesystemOf } from './describe-machine.ts';
import { httpPage } from './http-page.ts';
import { imagectl } from './imagectl.ts';
import { makeImage } from './make-image.ts';
import { startNginx } from './nginx.ts';
import type { Nginx } from './nginx.ts';
import type { Outcome } from './outcome.ts';
import { race } from './race.ts';
import type { Contender, Score } from './race.ts';
import type { Setting } from './setting.ts';

/** Ranges at once that are compared. */
const connections = [1, 4];
const awayMs = 1000;

/** An image from nginx on this machine, on the disk when it is over; and what comes twice when nginx goes away half-way. */
export async function benchHttp({ folder, rounds, mebibytes }: Setting): Promise<Outcome> {
  const image = join(folder, 'disk.raw');
  await makeImage(image, mebibytes);
  await truncate(image, mebibytes * 2 ** 20);
  const nginx = await startNginx(folder);
  try {
    const scores: Score[] = [];
    for (const count of connections) scores.push(await raceOver(count, { nginx, folder, rounds, mebibytes }));
    const shares: number[] = [];
    for (let round = 0; round < Math.ceil(rounds / 3); round++) shares.push(await fetchedWithCut(nginx, folder, mebibytes));
    const filesystem = await filesystemOf(folder);
    return { record: { scores, shares }, ...httpPage({ scores, shares, mebibytes, filesystem }) };
  } finally {
    await nginx.stop();
  }
}

async function raceOver(count: number, { nginx, folder, rounds, mebibytes }: Setting & { readonly nginx: Nginx }): Promise<Score> {
  const [address, to] = [`${nginx.origin}/disk.raw`, join(folder, 'copy.raw')];
  const config = join(folder, 'config.json');
  await writeFile(config, JSON.stringify({ drivers: [['http', { connections: count }]] }));
  const ours = imagectl('copy', address, to, '--quiet', '--config', config);
  const contenders = [
    { name: 'imagectl copy', command: ours.command },
    synced(`aria2c -x ${count} -s ${count}`, 'aria2c -q -x "$1" -s "$1" -d "${3%/*}" -o "${3##*/}" "$2"', [String(count), address, to]),
    ...(count === 1 ? [synced('curl', 'curl -s -o "$3" "$2"', ['', address, to])] : []),
  ];
  return race(`${mebibytes} MiB over ${count} connection${count === 1 ? '' : 's'}`, contenders, rounds, async () => {
    await rm(to, { force: true });
    await execa('sync', ['-f', folder]);
  });
}

function synced(name: string, script: string, words: readonly string[]): Contender {
  return { name: `${name} && sync FILE`, command: ['sh', '-c', `${script} && sync -- "$3"`, 'sh', ...words] };
}

/** Bytes that were fetched in all, as a share of the image, when the server went away when half of it had come. */
async function fetchedWithCut(nginx: Nginx, folder: string, mebibytes: number): Promise<number> {
  const to = join(folder, 'copy.raw');
  await rm(to, { force: true });
  const [program, ...args] = imagectl('copy', `${nginx.origin}/disk.raw`, to, '--json').command;
  const copying = execa(program, args, { stdin: 'ignore' });
  while ((await arrived(folder)) < mebibytes * 2 ** 19) await Promise.race([sleep(5), copying]);
  await nginx.stop();
  await sleep(awayMs);
  await nginx.start();
  const { stdout } = await copying;
  await execa('cmp', [join(folder, 'disk.raw'), to]);
  const { counters } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as { counters: { bytesRead: number } };
  return counters.bytesRead / (mebibytes * 2 ** 20);
}

/** Of what comes under a private name. */
async function arrived(folder: string): Promise<number> {
  const name = (await readdir(folder)).find((each) => each.endsWith('.part'));
  return name === undefined
    ? 0
    : stat(join(folder, name)).then(
        ({ blocks }) => blocks * 512,
        () => 0,
      );
}
