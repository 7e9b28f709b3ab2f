import { copyFile, rm } from 'node:fs/promises';
import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeLab } from '../src/describe-lab.ts';
import { expectNobodyAtWork, expectSameContent, expectStandsAlone } from '../src/expect-alone.ts';
import { writeRandomImage } from '../src/image-files.ts';
import { serveImage } from '../src/image-server.ts';
import type { ImageServer } from '../src/image-server.ts';
import type { LabHost } from '../src/lab-host.ts';
import { processesOf } from '../src/processes.ts';
import type { LabProcess } from '../src/processes.ts';
import { streamFlags, streamTools } from '../src/streamed-copy.ts';

const kills = process.env['CHECK_ALL'] ? 10 : 3;
/** What it takes undisturbed, with something to spare: half of the kills fall near the end, where most is at stake. */
const copyMs = 5000;

type Victim = 'daemon' | 'keeper' | 'imagectl';

describeLab('an image that comes, and is killed with -9', { hosts: { store: {} }, rate: '100mbit', tools: streamTools }, (lab) => {
  let server: ImageServer;
  beforeAll(async () => {
    await writeRandomImage(lab().here.outside('/srv/disk.raw'), 40);
    await copyFile(lab().here.outside('/srv/disk.raw'), lab().host('store').outside('/srv/disk.raw'));
    server = await serveImage(lab().host('store'), 'nbd', '/srv/disk.raw');
  });
  afterAll(() => server.stop());

  // Whoever asks anew for what a server of disks has cannot know that it is still the same, and so begins anew.
  it.each([
    ['daemon', 'another host'],
    ['keeper', 'another host'],
    ['imagectl', 'here'],
  ] as const)(
    'is gone on with by the same command, and is the same in the end: its %s, from %s',
    async (victim, where) => {
      const { here } = lab();
      const to = '/srv/killed.qcow2';
      const from = where === 'here' ? '/srv/disk.raw' : server.address;
      const words = ['copy', from, to, '--limit', '10MiB/s', '--json', ...streamFlags];
      let resumed = 0;
      for (let round = 0; round < kills; round += 1) {
        const running = lab().start(words);
        const afterMs = randomInt(round % 2 === 0 ? 500 : copyMs - 1500, copyMs);
        const killed = await Promise.race([killAfter(here, victim, afterMs), running.done.then(() => false)]);
        const first = await running.done;
        const last = first.exitCode === 0 ? first : await lab().imagectl(words);
        const story = `${victim} killed after ${afterMs} ms: ${killed}\n${first.story}\n${last.story}`;
        expect(last.exitCode, story).toBe(0);
        if ([first, last].some((one) => one.stdout.includes('"held":"resume"'))) resumed += 1;
        await expectNobodyAtWork(here);
        await expectStandsAlone(here.outside(to));
        await expectSameContent(lab().host('store').outside('/srv/disk.raw'), here.outside(to));
        await rm(here.outside(to));
      }
      expect(resumed, 'times it went on from what was there').toBeGreaterThanOrEqual(kills / 3);
    },
    kills * 60_000,
  );
});

async function killAfter(host: LabHost, victim: Victim, ms: number): Promise<boolean> {
  await delay(ms);
  const found = find(await processesOf(host), victim);
  if (!found) return false;
  try {
    process.kill(found.pid, 'SIGKILL');
    return true;
  } catch {
    return false;
  }
}

/** The keeper is whose child the daemon is. */
function find(processes: readonly LabProcess[], victim: Victim): LabProcess | undefined {
  const daemon = processes.find(({ args }) => args[0]?.endsWith('qemu-storage-daemon'));
  if (victim === 'daemon') return daemon;
  if (victim === 'keeper') return processes.find(({ pid }) => pid === daemon?.parentPid);
  return processes.find(({ args }) => args[1]?.endsWith('imagectl.js'));
}
