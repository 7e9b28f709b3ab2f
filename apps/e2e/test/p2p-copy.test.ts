import { copyFile, mkdir, readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { describeLab } from '../src/describe-lab.ts';
import { expectCopied, expectExit } from '../src/expect-copied.ts';
import { writeRandomImage } from '../src/image-files.ts';
import { kill } from '../src/fleet-faults.ts';
import { serveImage } from '../src/image-server.ts';
import { startImagectl } from '../src/imagectl.ts';
import type { ImagectlOptions, ImagectlResult, RunningImagectl } from '../src/imagectl.ts';
import type { LabHost } from '../src/lab-host.ts';
import { processesOf } from '../src/processes.ts';
import { failureOf, linesOf, resultOf } from '../src/result-lines.ts';
import { trafficOf } from '../src/traffic.ts';

const mebibyte = 2 ** 20;
/**
 * All of it: ten seconds of each rate, to a tenth. Else so short that what comes at one go, up to three seconds' worth, tells no more than that
 * the limit changed: any other of the rates is further away than the tolerance.
 */
const { windowMs, tolerance, pauseMs, rates, mebibytes } = process.env['CHECK_ALL']
  ? { windowMs: 10_000, tolerance: 0.1, pauseMs: 60_000, rates: [10, 40, 5], mebibytes: 1280 }
  : { windowMs: 3000, tolerance: 0.4, pauseMs: 3000, rates: [1, 0.5, 2], mebibytes: 72 };
/** What the engine had begun to grant before a pause may come at one go, ten seconds later. */
const gulpMs = 12_000;
/** Each has room for the image, what the cache has of it, and the copy. */
const hosts = { here: { room: '4g' }, alpha: { imagectl: true, room: '4g' } };
const size = mebibytes * mebibyte;
const to = '/srv/out/disk.raw';
/** A peer that says nothing for so long is taken for gone. At a limit, three seconds without a piece are nothing unusual. */
const goneSoon = { stallMs: 8000 };

// What keeps the engine stays for a while: what is left behind is looked for at the end.
describeLab('an image that a peer has', { hosts, tools: ['qbittorrent-nox'], sideBySide: true }, (lab) => {
  let digest = '';
  let uri = '';
  const configOf = (more: object = {}): { readonly config: Readonly<Record<string, unknown>> } => ({
    config: { drivers: ['cp', ['p2p-precache', { cacheDir: '/srv/cache', stallMs: 60_000, ...more }]], retry: { attempts: 1 } },
  });
  const started = new Set<RunningImagectl>();
  const start = (host: LabHost, words: readonly string[], options: ImagectlOptions): RunningImagectl => {
    const running = startImagectl(host, words, options);
    started.add(running);
    const forget = (): boolean => started.delete(running);
    running.done.then(forget, forget);
    return running;
  };
  const onAlpha = (...words: readonly string[]): Promise<ImagectlResult> =>
    start(lab().host('alpha'), words, { ...configOf(), noSshConfig: true }).done;
  const publish = async (): Promise<void> => {
    const result = await onAlpha('publish', '/srv/golden.raw', '--manifest', '/srv/golden.json', '--linger', '10m', '--json');
    expectExit(result, 0);
    uri = String(linesOf(result).at(-1)?.['uri']);
  };
  const unpublish = async (): Promise<void> => {
    uri = '';
    expectExit(await onAlpha('publish', '--stop', digest), 0);
  };
  const imagectl = (...words: readonly string[]): Promise<ImagectlResult> => start(lab().here, words, configOf()).done;
  const steer = (...words: readonly string[]): Promise<ImagectlResult> => start(lab().here, words, { noSshConfig: true }).done;
  const entry = (): string => lab().here.outside(`/srv/cache/sha256/${digest}`);
  /** A command with --json, once so much of it has come. What the file takes on disk does not tell: the engine looks at all of it first. */
  const underWay = async (share: number, words: readonly string[], more: object = {}): Promise<RunningImagectl> => {
    let said = '';
    const options = { ...configOf(more), deadlineMs: 300_000, onStdout: (text: string) => void (said += text) };
    const running = start(lab().here, [...words, '--json'], options);
    const far = (): number => Math.max(0, ...[...said.matchAll(/"bytesLogical":(\d+)/g)].map(([, bytes]) => Number(bytes)));
    while (far() < share * size) {
      if (!started.has(running)) throw new Error(`it was over before so much had come: ${(await running.done).story}`);
      await sleep(20);
    }
    return running;
  };
  /** Nothing that ran is left on a host, nor what it would have found its way by: only what is on the disk. */
  const cutPower = async (host: LabHost): Promise<void> => {
    const left = async (): Promise<number> => {
      const processes = await processesOf(host);
      processes.forEach(kill);
      return processes.length;
    };
    await expect.poll(left, { timeout: 10_000 }).toBe(0);
    await host.run(['sh', '-c', 'rm -rf /run/user/* "$XDG_RUNTIME_DIR" /tmp/image-api-*']);
  };
  const received = async (): Promise<number> => (await trafficOf(lab().here)).received;
  const expectGoneOnWith = async (): Promise<ImagectlResult> => {
    expect(await readdir(entry())).toEqual(['image.part']);
    const before = await received();
    const result = await imagectl('copy', uri, to, '--json');
    await expectCopied(result, { host: lab().here, path: to }, digest);
    expect((await received()) - before, result.story).toBeLessThan(0.75 * size);
    return result;
  };

  beforeAll(async () => {
    digest = await writeRandomImage(lab().host('alpha').outside('/srv/golden.raw'), size / mebibyte);
    // What the system took, and the engine did not yet, counts as what came: of that there is to be little.
    await lab().here.run(['sh', '-c', 'echo 4096 65536 262144 >/proc/sys/net/ipv4/tcp_rmem']);
  });
  beforeEach(async () => {
    const { here } = lab();
    await here.run(['rm', '-rf', '/srv/cache', '/srv/out']);
    await mkdir(here.outside('/srv/out'));
    if (uri === '') {
      await publish();
      await copyFile(lab().host('alpha').outside('/srv/golden.json'), here.outside('/srv/golden.json'));
    }
  });
  // What a test that failed has left must not be in the way of the next one.
  afterEach(async ({ task }) => {
    for (const running of started) {
      const killed = running.pid().then((pid) => kill({ pid }));
      await Promise.race([killed, running.done]).catch(() => undefined);
      await running.done;
    }
    if (task.result?.state !== 'fail') return;
    for (const host of lab().all) await cutPower(host);
    uri = '';
  });
  afterAll(async () => {
    for (const host of lab().all) {
      const keepers = (await processesOf(host)).filter(({ args }) => args.some((word) => word.endsWith('swarm-keeper.js')));
      for (const { pid } of keepers) process.kill(pid, 'SIGTERM');
      for (let round = 0; round < 600 && (await processesOf(host)).length > 0; round += 1) await sleep(50);
    }
  });

  it('is copied from there once, and then from the cache', async () => {
    const before = await received();
    const first = await imagectl('copy', uri, to, '--json');
    await expectCopied(first, { host: lab().here, path: to }, digest);
    const moved = (await received()) - before;
    expect(moved).toBeGreaterThan(size);
    expect(moved).toBeLessThan(1.1 * size);
    expect(resultOf(first).driver).toBe('p2p-precache');
    expect(resultOf(first).counters.bytesSent).toBeGreaterThanOrEqual(size);
    await lab().here.run(['rm', to]);
    const then = await received();
    const second = await imagectl('copy', uri, to, '--json');
    await expectCopied(second, { host: lab().here, path: to }, digest);
    expect(resultOf(second).counters.bytesSent).toBe(0);
    expect((await received()) - then).toBeLessThan(mebibyte / 10);
  });

  it('is gone on with after imagectl was killed', async () => {
    const killed = await underWay(0.33, ['copy', uri, to, '--limit', '12MiB/s']);
    process.kill(await killed.pid(), 'SIGKILL');
    await killed.done;
    await expectGoneOnWith();
  });

  it('is gone on with after the machine was cut off from its power', async () => {
    const killed = await underWay(0.33, ['copy', uri, to, '--limit', '12MiB/s']);
    await cutPower(lab().here);
    await killed.done;
    const result = await expectGoneOnWith();
    expect(resultOf(result).counters.bytesSent, result.story).toBeLessThan(0.75 * size);
  });

  it('is put into the cache ahead of a copy, and that is gone on with, too', async () => {
    const killed = await underWay(0.33, ['precache', uri, '--limit', '12MiB/s']);
    process.kill(await killed.pid(), 'SIGKILL');
    await killed.done;
    const before = await received();
    const result = await imagectl('precache', uri, '--json');
    expect(linesOf(result).at(-1), result.story).toMatchObject({ type: 'result', sha256: digest, fetched: true });
    expect((await received()) - before, result.story).toBeLessThan(0.75 * size);
    expect(await readdir(entry())).toEqual(['image', 'image.torrent', 'manifest.json']);
    expect(resultOf(await imagectl('copy', uri, to, '--json')).counters.bytesSent).toBe(0);
  });

  it('leaves nothing behind when its copy is interrupted', async () => {
    const running = await underWay(0.25, ['copy', uri, to, '--limit', '12MiB/s']);
    process.kill(await running.pid(), 'SIGINT');
    expectExit(await running.done, 130);
    expect(await readdir(lab().here.outside('/srv/cache/sha256'))).toEqual([]);
    expect(await readdir(lab().here.outside('/srv/out'))).toEqual([]);
  });

  it('is limited, paused and gone on with from another terminal, as the bytes that come tell', { timeout: 300_000 }, async () => {
    const [first, ...others] = rates;
    const running = await underWay(0.01, ['copy', uri, to, '--limit', `${first}MiB/s`]);
    const [{ id = '' } = {}] = linesOf(await steer('tasks', '--json')).filter(({ state }) => state === 'running') as { id?: string }[];
    await expectRate(received, first);
    for (const rate of others) {
      expectExit(await steer('limit', id, `${rate}MiB/s`), 0);
      await sleep(1000);
      await expectRate(received, rate);
    }
    expectExit(await steer('pause', id), 0);
    await sleep(1500);
    const before = await received();
    await sleep(Math.min(pauseMs, gulpMs));
    const late = pauseMs > gulpMs ? await received() : before;
    const wouldHaveCome = (others.at(-1) ?? NaN) * mebibyte * (pauseMs / 1000);
    expect((late - before) / wouldHaveCome, 'the share of the limit that came at first while it was paused').toBeLessThan(tolerance);
    await sleep(Math.max(0, pauseMs - gulpMs));
    expect((await received()) - late, 'bytes that came while it was paused').toBeLessThan(mebibyte / 4);
    expectExit(await steer('resume', id), 0);
    expectExit(await steer('limit', id, 'none'), 0);
    await expectCopied(await running.done, { host: lab().here, path: to }, digest);
  });

  it('comes from its origin when the peer goes away, but for what is there', async () => {
    const origin = await serveImage(lab().host('alpha'), 'http', '/srv/golden.raw');
    try {
      const running = await underWay(0.2, ['copy', `${uri}&origin=${origin.address}`, to, '--limit', '4MiB/s'], goneSoon);
      await unpublish();
      const result = await running.done;
      await expectCopied(result, { host: lab().here, path: to }, digest);
      expect(
        linesOf(result).map(({ phase }) => phase),
        result.story,
      ).toContain('from the origin');
      expect(resultOf(result).counters.bytesSent).toBeLessThan(1.2 * size);
      const warning = `what was missing was read from ${origin.address}`;
      expect(resultOf(result).warnings).toMatchObject([expect.stringContaining(warning) as string]);
      expect(result.stderr).toMatch(new RegExp(`^imagectl: warning: no piece came from .*${warning}$`, 'm'));
    } finally {
      await origin.stop();
    }
  });

  it('is not there when the peer goes away and there is no origin, and what is missing is said', async () => {
    const running = await underWay(0.2, ['copy', uri, to, '--limit', '4MiB/s'], goneSoon);
    await unpublish();
    const result = await running.done;
    expectExit(result, 10);
    expect(failureOf(result).message, result.story).toMatch(/pieces are missing \([\d, to…]+\).*origin=/);
    expect(await readdir(lab().here.outside('/srv/out'))).toEqual([]);
    await publish();
    expectExit(await imagectl('copy', uri, to), 0);
  });
});

/** From now on, over one window up to four: bytes come in gulps, and the longer it is looked at, the less one of them weighs. */
async function expectRate(received: () => Promise<number>, rate = NaN): Promise<void> {
  const [before, startedAt] = [await received(), performance.now()];
  const shares: number[] = [];
  do {
    await sleep(windowMs);
    shares.push(((await received()) - before) / ((performance.now() - startedAt) / 1000) / (rate * mebibyte));
  } while (shares.length < 4 && Math.abs(shares.at(-1)! - 1) > tolerance);
  expect(Math.abs(shares.at(-1)! - 1), `shares of ${rate} MiB/s, from the beginning on: ${shares.join(', ')}`).toBeLessThanOrEqual(
    tolerance,
  );
}
