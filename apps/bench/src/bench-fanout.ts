import { randomFillSync } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { startLab } from '@image-api/e2e/lab';
import type { Lab } from '@image-api/e2e/lab';
import { trafficOf } from '@image-api/e2e/traffic';
import { fanoutPage } from './fanout-page.ts';
import type { FanoutRun } from './fanout-page.ts';
import type { Outcome } from './outcome.ts';
import type { Setting } from './setting.ts';

const rate = '100mbit';
const bytesPerSecond = 100e6 / 8;
const mebibyte = 2 ** 20;
const hosts = Array.from({ length: 8 }, (_, index) => `h${index + 1}`);
const image = '/srv/golden.raw';
const config = { drivers: ['cp', ['p2p-precache', { cacheDir: '/srv/cache' }]] };

/**
 * One image to eight hosts, each on a link of its own: by us, by rsync to one after another, and by rsync to all at once. Needs root, for the
 * hosts. One round for nine of the others: a round is sixteen times the image over the link of its origin.
 */
export async function benchFanout({ rounds, mebibytes }: Setting): Promise<Outcome | undefined> {
  if (process.getuid?.() !== 0) {
    console.log('fanout: left out, only root may make hosts');
    return undefined;
  }
  const size = Math.ceil(mebibytes / 4) * mebibyte;
  const room = `${Math.ceil((size / mebibyte) * 2.2)}m`;
  const lab = await startLab({ hosts: Object.fromEntries(hosts.map((name) => [name, { room }])), rate });
  try {
    await lab.here.run(['mount', '-o', `remount,size=${room}`, '/srv']);
    await writeNoise(lab.here.outside(image), size);
    const runs = ways(lab).map(({ name, go }) => ({ name, go, visits: [] as { seconds: number; copies: number }[] }));
    for (let round = 0; round < Math.ceil(rounds / 9); round++) {
      for (const run of runs) {
        const visit = await measure(lab, size, run.go);
        console.log(`fanout: ${run.name}: ${visit.seconds.toFixed(1)} s, ${visit.copies.toFixed(2)} copies`);
        run.visits.push(visit);
      }
    }
    const told: readonly FanoutRun[] = runs.map(({ name, visits }) => ({ name, visits }));
    const place = { hosts: hosts.length, rate: '100 Mbit/s', size, bound: size / bytesPerSecond };
    return { record: { ...place, runs: told }, ...fanoutPage(told, place) };
  } finally {
    await lab.stop();
  }
}

interface Way {
  readonly name: string;
  go(): Promise<unknown>;
}

function ways(lab: Lab): readonly Way[] {
  const rsync = (host: string): string => `rsync --whole-file --inplace -e 'ssh -F /etc/ssh/lab.conf' ${image} ${host}:/srv/copy.raw`;
  const shell = (script: string): Promise<unknown> => lab.here.run(['sh', '-ec', script]);
  return [
    { name: 'imagectl precache --to', go: () => precache(lab) },
    { name: 'rsync, one host after another', go: () => shell(hosts.map(rsync).join('\n')) },
    { name: 'rsync, all hosts at once', go: () => shell(`${hosts.map((host) => `${rsync(host)} & `).join('\n')}\nwait`) },
  ];
}

async function precache(lab: Lab): Promise<void> {
  const words = ['precache', image, '--to', hosts.join(','), '--to-cache', '/srv/cache', '--quiet'];
  const { exitCode, story } = await lab.imagectl(words, { config, deadlineMs: 3_600_000 });
  if (exitCode !== 0) throw new Error(story);
}

async function measure(lab: Lab, size: number, go: () => Promise<unknown>): Promise<{ readonly seconds: number; readonly copies: number }> {
  const before = await trafficOf(lab.here);
  const startedAt = performance.now();
  await go();
  const seconds = (performance.now() - startedAt) / 1000;
  const { sent } = await trafficOf(lab.here);
  for (const { outside } of lab.all) {
    for (const path of ['/srv/cache', '/srv/copy.raw']) await rm(outside(path), { recursive: true, force: true });
  }
  return { seconds, copies: (sent - before.sent) / size };
}

async function writeNoise(path: string, size: number): Promise<void> {
  const file = await open(path, 'wx');
  const piece = new Uint8Array(mebibyte);
  for (let at = 0; at < size; at += mebibyte) await file.write(randomFillSync(piece), 0, mebibyte, at);
  await file.close();
}
