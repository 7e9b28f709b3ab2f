import { open, readFile, readdir, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, beforeEach, expect, it } from 'vitest';
import { describeLab } from '../src/describe-lab.ts';
import { expectExit } from '../src/expect-copied.ts';
import { allocated, sha256, writeRandomImage, writeSparseImage } from '../src/image-files.ts';
import { startImagectl } from '../src/imagectl.ts';
import type { ImagectlOptions, ImagectlResult } from '../src/imagectl.ts';
import type { Lab } from '../src/lab.ts';
import type { LabHost } from '../src/lab-host.ts';
import { mountFilesystem } from '../src/loop-filesystem.ts';
import { processesOf } from '../src/processes.ts';
import { linesOf } from '../src/result-lines.ts';
import type { ResultLine } from '../src/result-lines.ts';
import { trafficOf } from '../src/traffic.ts';

const mebibyte = 2 ** 20;
const config = { drivers: ['cp', 'rsync', ['p2p-precache', { cacheDir: '/srv/cache' }]] };
const tools = ['qbittorrent-nox'];

/** What `--json` tells last. */
interface Told {
  readonly sha256: string;
  readonly originSent: number;
  readonly hosts: readonly ToldHost[];
}

interface ToldHost {
  readonly host: string;
  readonly outcome: string;
  readonly fromOrigin: number;
  readonly fromPeers: number;
  readonly savedByZeros: number;
  readonly savedByOlder: number;
  readonly resumed: number;
  readonly error?: { readonly code: string; readonly message: string };
}

function wordsFor(image: string, hosts: readonly string[], more: readonly string[] = []): readonly string[] {
  return ['precache', image, '--to', hosts.join(','), '--to-cache', '/srv/disk/cache', '--json', ...more];
}

function send(
  lab: Lab,
  image: string,
  hosts: readonly string[],
  more?: readonly string[],
  options?: ImagectlOptions,
): Promise<ImagectlResult> {
  return lab.imagectl(wordsFor(image, hosts, more), { config, deadlineMs: 200_000, ...options });
}

function toldBy(result: ImagectlResult): Told {
  const last = linesOf(result).at(-1);
  expect(last?.type, result.story).toBe('result');
  return last as unknown as Told;
}

function entryOf(host: LabHost, digest: string): string {
  return host.outside(`/srv/disk/cache/sha256/${digest}`);
}

/** It is there as the cache of that host would have put it there itself, and nothing else is. */
async function expectCached(host: LabHost, digest: string, story: string): Promise<void> {
  const entry = entryOf(host, digest);
  expect((await readdir(entry)).toSorted(), story).toEqual(['image', 'image.torrent', 'manifest.json']);
  expect(await sha256(`${entry}/image`), story).toBe(digest);
  const found = await stat(`${entry}/image`, { bigint: true });
  expect(Number(found.mode) & 0o777).toBe(0o400);
  const checked = await readFile(host.outside(`/srv/disk/cache/state/${digest}/checked`), 'utf8');
  expect(JSON.parse(checked)).toEqual({ inode: String(found.ino), modifiedNs: String(found.mtimeNs) });
}

const eight = Array.from({ length: 8 }, (_, index) => `h${index + 1}`);
const rooms = Object.fromEntries(eight.map((name) => [name, { room: '600m' }]));

describeLab('an image for eight hosts', { hosts: rooms, rate: '100mbit', tools, sideBySide: true }, (lab) => {
  it(
    'reaches all of them, is verified, and is sent by its origin at most twice; the second time there is nothing to do',
    { timeout: 300_000 },
    async () => {
      const digest = await writeRandomImage(lab().here.outside('/srv/golden.raw'), 256);
      const before = await trafficOf(lab().here);
      const result = await send(lab(), '/srv/golden.raw', eight);
      expectExit(result, 0);
      const after = await trafficOf(lab().here);
      for (const name of eight) await expectCached(lab().host(name), digest, result.story);
      expect((after.sent - before.sent) / (256 * mebibyte), 'copies that the origin sent').toBeLessThanOrEqual(2);
      const told = toldBy(result);
      for (const host of told.hosts) {
        expect(host).toMatchObject({ outcome: 'fetched', savedByZeros: 0, savedByOlder: 0, resumed: 0 });
        expect(host.fromOrigin + host.fromPeers).toBeGreaterThan(250 * mebibyte);
      }
      const again = await send(lab(), '/srv/golden.raw', eight);
      expectExit(again, 0);
      expect(toldBy(again)).toMatchObject({ originSent: 0, hosts: eight.map((host) => ({ host, outcome: 'present' })) });
      expect((await trafficOf(lab().here)).sent - after.sent, 'bytes of the second run').toBeLessThan(2 * mebibyte);
    },
  );
});

const three = ['alpha', 'beta', 'gamma'];

describeLab(
  'an image for a few hosts',
  { hosts: { alpha: {}, beta: {}, gamma: {}, small: {}, mute: { admits: [] } }, rate: '400mbit', tools },
  (lab) => {
    beforeAll(async () => {
      // On a filesystem in memory, holes that are looked at take room.
      for (const name of three) await mountFilesystem(lab().host(name), 'ext4', 1024, 'disk');
      await mountFilesystem(lab().host('small'), 'ext4', 24, 'disk');
    });
    beforeEach(async () => {
      for (const host of lab().all) await host.run(['sh', '-c', 'rm -rf /srv/cache /srv/disk/cache /srv/*.raw']);
    });

    const here = (path: string): string => lab().here.outside(path);
    const isThere = (path: string): Promise<boolean> =>
      stat(path).then(
        () => true,
        () => false,
      );

    it('that is sparse stays sparse, and its zeros do not travel', async () => {
      const digest = await writeSparseImage(here('/srv/sparse.raw'), 96, [0, 7, 40, 41, 60, 95]);
      const before = await trafficOf(lab().here);
      const result = await send(lab(), '/srv/sparse.raw', three);
      expectExit(result, 0);
      for (const name of three) {
        await expectCached(lab().host(name), digest, result.story);
        expect(await allocated(`${entryOf(lab().host(name), digest)}/image`)).toBeLessThan(8 * mebibyte);
      }
      for (const host of toldBy(result).hosts) {
        expect(host.savedByZeros).toBe(90 * mebibyte);
        expect(host.fromOrigin + host.fromPeers).toBeLessThan(12 * mebibyte);
      }
      expect((await trafficOf(lab().here)).sent - before.sent).toBeLessThan(3 * 6 * mebibyte + 2 * mebibyte);
    });

    it('of which they have an older one brings only what was changed', async () => {
      await writeRandomImage(here('/srv/golden.raw'), 32);
      expectExit(await send(lab(), '/srv/golden.raw', three), 0);
      await lab().here.run(['cp', '/srv/golden.raw', '/srv/newer.raw']);
      const file = await open(here('/srv/newer.raw'), 'r+');
      for (let at = 0; at < 32; at += 20) await file.write(Buffer.alloc(700_000, at + 1), 0, 700_000, at * mebibyte);
      await file.close();
      const digest = await sha256(here('/srv/newer.raw'));
      const result = await send(lab(), '/srv/newer.raw', three, ['--from-cached', 'auto']);
      expectExit(result, 0);
      for (const name of three) await expectCached(lab().host(name), digest, result.story);
      for (const host of toldBy(result).hosts) {
        expect(host.savedByOlder).toBeGreaterThan(29 * mebibyte);
        expect(host.fromOrigin + host.fromPeers).toBeLessThan(3.2 * mebibyte);
      }
    });

    it('reaches those that can have it, whatever is wrong with the others, and tells what that is', async () => {
      const digest = await writeRandomImage(here('/srv/golden.raw'), 32);
      const result = await send(lab(), '/srv/golden.raw', ['alpha', 'small', 'mute', 'nowhere', 'beta'], ['--patience', '4s']);
      expect(result.exitCode, result.story).toBe(1);
      const hosts = Object.fromEntries(toldBy(result).hosts.map((host) => [host.host, host]));
      expect(hosts, result.story).toMatchObject({
        alpha: { outcome: 'fetched' },
        beta: { outcome: 'fetched' },
        small: { outcome: 'failed', error: { code: 'NO_SPACE' } },
        mute: { outcome: 'failed', error: { code: 'AUTH_DENIED' } },
        nowhere: { outcome: 'failed', error: { code: 'UNREACHABLE' } },
      });
      for (const name of ['alpha', 'beta']) await expectCached(lab().host(name), digest, result.story);
    });

    it('goes on where it was when engines are killed, of a host and of the origin', async () => {
      const digest = await writeRandomImage(here('/srv/golden.raw'), 24);
      const running = startImagectl(lab().here, wordsFor('/srv/golden.raw', three, ['--limit', '8MiB/s']), { config, deadlineMs: 100_000 });
      await untilArrived(lab().host('alpha'), digest, 8);
      await killEngine(lab().host('alpha'));
      await killEngine(lab().here);
      const result = await running.done;
      expectExit(result, 0);
      for (const name of three) await expectCached(lab().host(name), digest, result.story);
      const [told] = toldBy(result).hosts;
      expect((told?.fromOrigin ?? 0) + (told?.fromPeers ?? 0), 'bytes that came to the host whose engine was killed').toBeLessThan(
        34 * mebibyte,
      );
    });

    it('goes on where it was when imagectl was killed, and nothing runs on', async () => {
      const digest = await writeRandomImage(here('/srv/golden.raw'), 16);
      const words = wordsFor('/srv/golden.raw', ['alpha', 'beta'], ['--limit', '4MiB/s']);
      const killed = startImagectl(lab().here, words, { config });
      for (const name of ['alpha', 'beta']) await untilArrived(lab().host(name), digest, 6);
      process.kill(await killed.pid(), 'SIGKILL');
      await killed.done;
      await expectNobody(lab(), ['alpha', 'beta']);
      expect(await isThere(`${entryOf(lab().host('alpha'), digest)}/image`)).toBe(false);
      const result = await send(lab(), '/srv/golden.raw', ['alpha', 'beta']);
      expectExit(result, 0);
      for (const host of toldBy(result).hosts) expect(host.resumed, result.story).toBeGreaterThan(2 * mebibyte);
      for (const name of ['alpha', 'beta']) await expectCached(lab().host(name), digest, result.story);
    });

    it('that is cancelled leaves nothing on any host but what has come', async () => {
      const digest = await writeRandomImage(here('/srv/golden.raw'), 16);
      const running = startImagectl(lab().here, wordsFor('/srv/golden.raw', three, ['--limit', '4MiB/s']), { config });
      for (const name of three) await untilArrived(lab().host(name), digest, 2);
      process.kill(await running.pid(), 'SIGINT');
      expectExit(await running.done, 130);
      await expectNobody(lab(), [...three, 'here']);
      for (const name of three) expect(await readdir(entryOf(lab().host(name), digest))).toEqual(['image.part']);
    });

    it('is limited, paused and gone on with from another terminal, and is handed out on for as long as was asked', async () => {
      const digest = await writeRandomImage(here('/srv/golden.raw'), 16);
      const steer = (...words: readonly string[]): Promise<ImagectlResult> => lab().imagectl(words, { noSshConfig: true });
      const words = wordsFor('/srv/golden.raw', ['alpha', 'beta'], ['--limit', '0.5MiB/s', '--linger', '1h']);
      let said = '';
      const running = startImagectl(lab().here, words, { config, deadlineMs: 100_000, onStdout: (text) => void (said += text) });
      await untilArrived(lab().host('alpha'), digest, 2);
      const [{ id = '' } = {}, ...others] = linesOf(await steer('tasks', '--json')).filter(isRunning) as { id?: string }[];
      expect(others).toEqual([]);
      expect(linesOf(await steer('pause', id, '--json'))).toMatchObject([{ id, state: 'paused' }]);
      await sleep(1500);
      const before = await allocated(`${entryOf(lab().host('alpha'), digest)}/image.part`);
      await sleep(2500);
      expect((await allocated(`${entryOf(lab().host('alpha'), digest)}/image.part`)) - before).toBe(0);
      expectExit(await steer('resume', id), 0);
      const told = linesOf(await steer('limit', id, '100MiB/s', '--json')).at(-1);
      expect(told).toMatchObject({ limits: { bandwidth: 100 * mebibyte } });
      // At half a mebibyte a second it would take longer.
      await expect.poll(() => said.includes('"lingering"'), { timeout: 20_000, interval: 100 }).toBe(true);
      for (const name of ['alpha', 'beta']) expect(enginesOf(await processesOf(lab().host(name)))).not.toEqual([]);
      expectExit(await steer('cancel', id), 0);
      const result = await running.done;
      expectExit(result, 0);
      expect(toldBy(result).hosts, result.story).toMatchObject([{ outcome: 'fetched' }, { outcome: 'fetched' }]);
      await expectNobody(lab(), ['alpha', 'beta', 'here']);
      for (const name of ['alpha', 'beta']) await expectCached(lab().host(name), digest, result.story);
    });

    it('is fetched once by two commands that send it at the same time', async () => {
      const digest = await writeRandomImage(here('/srv/golden.raw'), 16);
      const results = await Promise.all([
        send(lab(), '/srv/golden.raw', ['alpha', 'beta']),
        send(lab(), '/srv/golden.raw', ['alpha', 'beta']),
      ]);
      for (const result of results) expectExit(result, 0);
      for (const name of ['alpha', 'beta']) {
        await expectCached(lab().host(name), digest, results.map(({ story }) => story).join('\n'));
        const outcomes = results.map((result) => toldBy(result).hosts.find(({ host }) => host === name)?.outcome);
        expect(new Set(outcomes)).toEqual(new Set(['fetched', 'present']));
      }
    });

    it('whose origin is gone before all of it went out fails with the pieces that nobody has', async () => {
      const digest = await writeRandomImage(here('/srv/golden.raw'), 16);
      const running = startImagectl(lab().here, wordsFor('/srv/golden.raw', ['alpha', 'beta'], ['--limit', '2MiB/s', '--patience', '5s']), {
        config,
        deadlineMs: 100_000,
      });
      await untilArrived(lab().host('alpha'), digest, 4);
      const refuse = [
        'nft',
        'add table inet cut; add chain inet cut out { type filter hook output priority 0; }; add rule inet cut out oifname eth0 tcp sport 20000-32767 drop; add rule inet cut out oifname eth0 tcp dport 20000-32767 drop',
      ];
      await lab().here.run(refuse);
      try {
        const result = await running.done;
        expectExit(result, 10);
        for (const host of toldBy(result).hosts)
          expect(host).toMatchObject({
            outcome: 'failed',
            error: { code: 'STALLED', message: expect.stringMatching(/has \d+ of its 64 pieces/) },
          });
      } finally {
        await lab().here.run(['nft', 'delete table inet cut']);
      }
    });
  },
);

async function untilArrived(host: LabHost, digest: string, mebibytes: number): Promise<void> {
  const part = `${entryOf(host, digest)}/image.part`;
  for (let round = 0; round < 1200; round += 1) {
    if ((await allocated(part).catch(() => 0)) >= mebibytes * mebibyte) return;
    await sleep(50);
  }
  throw new Error(`nothing arrived on ${host.name}`);
}

async function killEngine(host: LabHost): Promise<void> {
  const [engine] = (await processesOf(host)).filter(({ args }) => args[0] === 'qbittorrent-nox');
  if (!engine) throw new Error(`no engine runs on ${host.name}`);
  process.kill(engine.pid, 'SIGKILL');
}

function enginesOf(processes: Awaited<ReturnType<typeof processesOf>>): readonly string[] {
  return processes.map(({ args }) => args.join(' ')).filter((words) => /qbittorrent|image\.part/.test(words));
}

function isRunning({ state }: ResultLine): boolean {
  return state === 'running';
}

/** What is over here takes a moment to be over there. */
async function expectNobody(lab: Lab, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const engines = async (): Promise<readonly string[]> => enginesOf(await processesOf(lab.host(name)));
    await expect.poll(engines, { timeout: 10_000, interval: 100 }).toEqual([]);
  }
}
