import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Counters } from '@image-api/driver';
import { createHosts } from '@image-api/host';
import type { Hosts } from '@image-api/host';
import { startTwoMachines, twoMachinesMissing } from '../../host/test/elsewhere.ts';
import type { TwoMachines } from '../../host/test/elsewhere.ts';
import { sshdMissing } from '../../host/test/real-sshd.ts';
import { ssh } from '../src/index.ts';
import type { SshOptions } from '../src/index.ts';
import { ask, failureOf, reaches, staging } from './copying.ts';
import type { Asked, Wish } from './copying.ts';

// Real logins on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 20_000 });

const mib = 2 ** 20;

/** Processes of this machine, which is both of them, whose words name a path. */
function processesNaming(path: string): { readonly pid: number; readonly program: string }[] {
  return readdirSync('/proc').flatMap((entry) => {
    if (!/^\d+$/.test(entry)) return [];
    try {
      const words = readFileSync(`/proc/${entry}/cmdline`, 'utf8');
      return words.includes(path) ? [{ pid: Number(entry), program: words.split('\0')[0] ?? '' }] : [];
    } catch {
      return [];
    }
  });
}

/** The session between the two. Ours is one of a plain `ssh`. */
function sessionBetween(path: string): number {
  const [session] = processesNaming(path).filter(({ program }) => program === '/usr/bin/ssh');
  if (!session) throw new Error('no session goes between the two');
  return session.pid;
}

describe.skipIf(sshdMissing !== undefined || twoMachinesMissing !== undefined)('from host to host', () => {
  let machines: TwoMachines;
  let directory = '';
  let hosts: Hosts;
  let count = 0;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'driver-ssh-between-'));
    machines = await startTwoMachines();
  });
  afterAll(async () => {
    await machines.stop();
    await rm(directory, { recursive: true });
  });
  // What two hosts were found to be to each other is remembered, so each test has its own.
  beforeEach(async () => {
    await machines.configureBox({ other: machines.otherPort, knowsKeys: true });
    hosts = createHosts({ ssh: { configFile: machines.box.configFile } });
  });
  afterEach(() => hosts.close());

  /** Noise, of so many MiB. */
  async function image(size: number): Promise<string> {
    const path = join(directory, `from-${++count}.raw`);
    await writeFile(path, randomBytes(size * mib));
    return path;
  }
  const fresh = (): Promise<string> => staging(join(directory, `to-${++count}.part`));
  const askFor = (from: string, to: string, wish: Wish = {}): Promise<Asked> =>
    ask(hosts, { host: 'box', path: from }, { host: 'other', path: to }, wish);
  const copy = async ({ request, context }: Asked, options: SshOptions = {}): Promise<Partial<Counters>> =>
    (await ssh(options).transfer(request, context)).counters;
  const expectSame = (from: string, to: string): void => expect(readFileSync(to).equals(readFileSync(from)), 'the same bytes').toBe(true);

  it('goes straight from one to the other, as the plan says, and is counted to the byte', async () => {
    const [from, to] = [await image(8), await fresh()];
    const asked = await askFor(from, to, { limits: { bandwidth: 8 * mib }, needs: ['pause', 'liveLimits'] });
    expect(await ssh().offer(asked.request, asked.context)).toMatchObject({
      accept: true,
      reason: 'only the data, not packed: a sample shrinks to 100 %',
      commands: [{ host: 'box', tool: 'sh' }],
      limits: { bandwidth: 8 * mib },
      charged: 'wire',
      notes: ['straight from box to other'],
    });
    const startedAt = performance.now();
    const { bytesSent = 0 } = await copy(asked);
    expect(performance.now() - startedAt).toBeGreaterThan(950);
    expectSame(from, to);
    // Each record has a head of 12 bytes, and there is one for 256 KiB.
    expect(bytesSent).toBe(8 * mib + 32 * 12 + 20);
  });

  it('keeps the limit it is given on the way, and stands still while it is paused, longer than a stalled copy may', async () => {
    const [from, to] = [await image(24), await fresh()];
    const asked = await askFor(from, to, { limits: { bandwidth: 2 * mib } });
    const running = copy(asked, { compress: 'none', stallMs: 1500 });
    await reaches(asked, mib);
    const sent = (): number => asked.updates.findLast(({ bytesSent }) => bytesSent !== undefined)?.bytesSent ?? 0;
    const gain = async (ms: number): Promise<number> => {
      const [before, startedAt] = [sent(), performance.now()];
      await sleep(ms);
      return ((sent() - before) / (performance.now() - startedAt)) * 1000;
    };
    expect(Math.abs((await gain(1500)) / (2 * mib) - 1)).toBeLessThan(0.2);
    await asked.controls.pause?.();
    await sleep(100);
    expect(await gain(2500)).toBe(0);
    expect(await asked.controls.limits?.({ bandwidth: 6 * mib })).toEqual({ bandwidth: 6 * mib });
    expect(await gain(300)).toBe(0);
    await asked.controls.resume?.();
    expect(Math.abs((await gain(1500)) / (6 * mib) - 1)).toBeLessThan(0.2);
    expect(await asked.controls.limits?.({})).toEqual({});
    await running;
    expectSame(from, to);
  });

  it('begins as it was told before it begins', async () => {
    const [from, to] = [await image(1), await fresh()];
    const asked = await askFor(from, to);
    const running = copy(asked);
    while (!asked.controls.pause) await sleep(1);
    await asked.controls.pause();
    await sleep(1500);
    expect(statSync(to).size).toBe(0);
    await asked.controls.resume?.();
    await running;
    expectSame(from, to);
  });

  it('goes on after the connection between them was cut, and sends nothing twice', async () => {
    const [from, to] = [await image(24), await fresh()];
    const asked = await askFor(from, to, { limits: { bandwidth: 12 * mib } });
    const running = failureOf(copy(asked, { compress: 'none' }));
    await reaches(asked, 8 * mib);
    process.kill(sessionBetween(to), 'SIGTERM');
    const error = await running;
    expect(error).toMatchObject({ code: 'UNREACHABLE', driver: 'ssh', retryable: true, untouched: false });
    expect(error.message).toMatch(/^on box: cannot reach other: /);
    const again = await askFor(from, to, { held: 'resume' });
    const { bytesSent = 0, bytesSkipped = 0 } = await copy(again);
    expect(bytesSkipped).toBeGreaterThan(6 * mib);
    expect(bytesSent).toBeLessThan(18 * mib);
    expectSame(from, to);
  });

  it('sends of a changed image what has changed', async () => {
    const [from, to] = [await image(16), await fresh()];
    await writeFile(to, readFileSync(from));
    const changed = readFileSync(from);
    for (const at of [3, 4, 15]) changed.write('changed', at * mib + 17);
    await writeFile(from, Buffer.concat([changed, randomBytes(100)]));
    const { bytesSent = 0 } = await copy(await askFor(from, to, { held: 'delta' }));
    expect(bytesSent).toBeGreaterThan(3 * mib);
    expect(bytesSent).toBeLessThan(3.1 * mib);
    expectSame(from, to);
  });

  it('leaves no process behind, on neither host, when it is cancelled, paused or not', async () => {
    for (const isPaused of [false, true]) {
      const [from, to] = [await image(16), await fresh()];
      const cancel = new AbortController();
      const asked = await askFor(from, to, { limits: { bandwidth: 4 * mib }, signal: cancel.signal });
      const running = failureOf(copy(asked, { compress: 'none' }));
      await reaches(asked, mib);
      if (isPaused) await asked.controls.pause?.();
      cancel.abort();
      expect(await running).toMatchObject({ code: 'CANCELLED' });
      const { size } = statSync(to);
      await sleep(500);
      expect(statSync(to).size).toBe(size);
      expect(processesNaming(to)).toEqual([]);
    }
  });

  it('tells a session that hangs', async () => {
    const [from, to] = [await image(64), await fresh()];
    const asked = await askFor(from, to, { limits: { bandwidth: 32 * mib } });
    const running = failureOf(copy(asked, { compress: 'none', stallMs: 1500 }));
    await reaches(asked, 4 * mib);
    process.kill(sessionBetween(to), 'SIGSTOP');
    expect(await running).toMatchObject({ code: 'STALLED', driver: 'ssh', retryable: true, untouched: false });
  });

  it('tells a source that became shorter, and a destination that cannot be written', async () => {
    const [from, to] = [await image(8), await fresh()];
    const asked = await askFor(from, to);
    await truncate(from, 3 * mib);
    expect(await failureOf(copy(asked, { compress: 'none' }))).toMatchObject({ code: 'SOURCE_CHANGED', origin: 'source', driver: 'ssh' });
    const gone = await askFor(await image(1), to);
    await rm(to);
    const error = await failureOf(copy(gone));
    expect(error).toMatchObject({ origin: 'destination', driver: 'ssh' });
    expect(error.message).toContain('on other');
  });

  it('refuses what it cannot do, and says why', async () => {
    const [from, to] = [await image(1), await fresh()];
    const again = await ask(hosts, { host: 'box', path: from }, { host: 'box', path: to });
    expect(await ssh().offer(again.request, again.context)).toEqual({
      accept: false,
      reason: 'box and box are one machine, within which nothing goes over ssh',
    });
    await machines.configureBox({ other: machines.otherPort, knowsKeys: false });
    const asked = await askFor(from, to);
    const reason = 'box cannot reach other directly: Host key verification failed.';
    expect(await ssh().offer(asked.request, asked.context)).toEqual({ accept: false, reason });
    expect(await failureOf(copy({ ...asked, request: { ...asked.request, held: 'resume' } }))).toMatchObject({
      code: 'HOST_KEY',
      driver: 'ssh',
      untouched: false,
      message: expect.stringMatching(/^on box: cannot reach other: its host key is not known; /),
    });
  });
});
