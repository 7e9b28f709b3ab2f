import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Claim, Host } from '@image-api/driver';
import { findTool } from '../src/find-tool.ts';
import { createHosts } from '../src/index.ts';
import type { Hosts } from '../src/index.ts';
import { withBareHost } from './bare-host.ts';
import { makeLoopDevice } from './loop-device.ts';
import { processesHolding } from './processes.ts';
import { sshdMissing, startSshd } from './real-sshd.ts';
import type { RealSshd } from './real-sshd.ts';

let sshd: RealSshd | undefined;
let hosts: Hosts;
let directory: string;

beforeAll(async () => {
  if (sshdMissing === undefined) sshd = await startSshd();
  hosts = createHosts({ ssh: { configFile: sshd?.configFile } });
});
afterAll(async () => {
  await hosts.close();
  await sshd?.stop();
});
beforeEach(async () => {
  directory = await fs.mkdtemp(join(await fs.realpath(tmpdir()), 'image-api-claim-'));
});
afterEach(() => fs.rm(directory, { recursive: true }));

const at = (name: string): string => join(directory, name);

describe.each(['local', 'ssh'] as const)('a claim on a host of the kind %s', { timeout: 30_000 }, (kind) => {
  let host: Host;
  beforeEach((context) => {
    if (kind === 'ssh' && sshdMissing !== undefined) context.skip(sshdMissing);
    host = kind === 'local' ? hosts.local : hosts.ssh({ host: sshd?.alias ?? '' });
  });

  it('waits for the holder to let go', async () => {
    const holder = await hosts.local.claim(at('x'));
    await host.stat('/');
    const begun = performance.now();
    const waiting = host.claim(at('x'), { waitMs: 20_000 });
    await sleep(1000);
    await holder.release();
    const claim = await waiting;
    const tookMs = performance.now() - begun;
    expect(claim).toMatchObject({ existed: true, size: 0 });
    await expect(hosts.local.claim(at('x'))).rejects.toMatchObject({ code: 'DESTINATION_BUSY' });
    await claim.release();
    expect(tookMs).toBeGreaterThan(900);
    expect(tookMs).toBeLessThan(5000);
  });

  it('takes the file that has the name when the holder has given what it held another', async () => {
    const holder = await hosts.local.claim(at('x'));
    const waiting = host.claim(at('x'), { waitMs: 20_000 });
    await sleep(700);
    await fs.writeFile(at('x'), 'image');
    await fs.rename(at('x'), at('published'));
    await holder.release();
    const claim = await waiting;
    expect(claim.size).toBe(0);
    expect((await fs.readdir(directory)).toSorted()).toEqual(['published', 'x']);
    await claim.release();
  });

  it('waits no longer than it was told to', async () => {
    const holder = await hosts.local.claim(at('x'));
    const begun = performance.now();
    await expect(host.claim(at('x'), { waitMs: 1000 })).rejects.toMatchObject({ code: 'DESTINATION_BUSY', untouched: true });
    expect(performance.now() - begun).toBeGreaterThan(900);
    expect(performance.now() - begun).toBeLessThan(4000);
    await holder.release();
  });

  it('waits no longer than it is wanted', async () => {
    const holder = await hosts.local.claim(at('x'));
    await host.stat('/');
    const stop = new AbortController();
    const waiting = host.claim(at('x'), { waitMs: 20_000, signal: stop.signal });
    setTimeout(() => stop.abort(), 700);
    const begun = performance.now();
    await expect(waiting).rejects.toMatchObject({ code: 'CANCELLED', origin: 'caller', untouched: true });
    expect(performance.now() - begun).toBeLessThan(2500);
    expect(await fs.readdir(directory)).toEqual(['x']);
    await holder.release();
    await (await host.claim(at('x'))).release();
  });

  it('leaves no file when it was cancelled, at whatever moment', async () => {
    await host.stat('/');
    await expect(host.claim(at('x'), { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'CANCELLED' });
    for (let ms = 0; ms < 100; ms += 10) {
      const outcome = await host.claim(at('x'), { signal: AbortSignal.timeout(ms) }).catch((error: unknown) => error);
      if (typeof outcome === 'object' && outcome !== null && 'release' in outcome) {
        await (outcome as { release(): Promise<void> }).release();
        await fs.unlink(at('x'));
      } else expect(outcome).toMatchObject({ code: 'CANCELLED' });
      expect(await fs.readdir(directory), `after ${ms} ms`).toEqual([]);
    }
  });

  it('leaves the file when it is released at once', async () => {
    for (let round = 0; round < 10; round++) {
      await (await host.claim(at(String(round)))).release();
      expect(await fs.readdir(directory)).toHaveLength(round + 1);
    }
  });

  it('is not lost by being released', async () => {
    const claim = await host.claim(at('x'));
    expect(claim.lost.aborted).toBe(false);
    await claim.release();
    await host.stat('/');
    await sleep(100);
    expect(claim.lost.aborted).toBe(false);
  });

  it('says when flock is missing, and leaves no file', async () => {
    await withBareHost(kind, {}, async (bare) => {
      await expect(bare.claim(at('x'))).rejects.toMatchObject({
        code: 'TOOL_MISSING',
        untouched: true,
        message: expect.stringMatching(/^flock is not installed on (box|this machine);/) as string,
      });
    });
    expect(await fs.readdir(directory)).toEqual([]);
  });

  it('leaves no file where nothing can be locked, but leaves what was there', async () => {
    await fs.writeFile(at('old'), '');
    await withBareHost(kind, { scripts: { flock: 'echo "flock: 9: No locks available" >&2; exit 71' } }, async (bare) => {
      for (const name of ['x', 'old']) {
        await expect(bare.claim(at(name))).rejects.toMatchObject({
          code: 'WRITE_FAILED',
          message: expect.stringContaining('No locks available') as string,
        });
      }
    });
    expect((await fs.readdir(directory)).toSorted()).toEqual(['old']);
  });
});

describe.skipIf(sshdMissing !== undefined)('a claim over ssh', { timeout: 30_000 }, () => {
  let own: RealSshd;
  let claim: Claim;
  let box: Host;
  let ownHosts: Hosts;
  beforeEach(async () => {
    own = await startSshd();
    ownHosts = createHosts({ ssh: { configFile: own.configFile } });
    box = ownHosts.ssh({ host: own.alias });
    claim = await box.claim(at('x'));
  });
  afterEach(async () => {
    await ownHosts.close();
    await own.stop();
  });

  const lost = {
    code: 'UNREACHABLE',
    retryable: true,
    message: expect.stringMatching(/^.*\/x on box is no longer held by us: /) as string,
  };

  it('tells when it is lost with the connection', async () => {
    own.cutSessions();
    await once(claim.lost, 'abort');
    expect(claim.lost.reason).toMatchObject({ ...lost, cause: { code: 'UNREACHABLE' } });
    await claim.release();
    await (await box.claim(at('x'), { waitMs: 10_000 })).release();
  });

  it('tells when what holds it over there is ended', async () => {
    const [holder = 0] = processesHolding(at('x'));
    process.kill(holder, 'SIGKILL');
    await once(claim.lost, 'abort');
    expect(claim.lost.reason).toMatchObject(lost);
    expect((claim.lost.reason as Error).cause).toBeUndefined();
    await claim.release();
  });

  it('stays lost, and can be had again', async () => {
    own.cutSessions();
    await once(claim.lost, 'abort');
    await claim.release();
    const again = await box.claim(at('x'), { waitMs: 10_000 });
    expect([claim.lost.aborted, again.lost.aborted]).toEqual([true, false]);
    await again.release();
  });

  it('is lost when the connections are closed', async () => {
    const aborted = once(claim.lost, 'abort');
    await ownHosts.close();
    await aborted;
    expect(claim.lost.reason).toMatchObject(lost);
  });

  it('is not lost with a connection that only pauses', async () => {
    own.freezeSessions(true);
    await sleep(300);
    own.freezeSessions(false);
    await box.stat('/');
    expect(claim.lost.aborted).toBe(false);
    await claim.release();
    expect(claim.lost.aborted).toBe(false);
  });
});

describe('a claim of a block device', { timeout: 30_000 }, () => {
  let path: string;
  beforeEach(async (context) => {
    path = await makeLoopDevice(context, at('disk'), 32 * 1024 * 1024);
  });

  it('holds it until it is released, and keeps no tool from writing to it', async () => {
    const claim = await hosts.local.claim(path);
    expect(claim).toMatchObject({ existed: true, size: 32 * 1024 * 1024 });
    await expect(hosts.local.claim(path)).rejects.toMatchObject({
      code: 'DESTINATION_BUSY',
      untouched: true,
      message: expect.stringContaining('is in use (mounted, or part of something that is') as string,
    });
    execFileSync('dd', ['if=/dev/urandom', `of=${path}`, 'bs=1M', 'count=1', 'conv=fsync'], { stdio: 'pipe' });
    const waiting = hosts.local.claim(path, { waitMs: 10_000 });
    await sleep(300);
    await claim.release();
    await claim.release();
    await (await waiting).release();
  });

  it('cannot be mounted meanwhile, and is refused while it is mounted', async (context) => {
    if (!(await findTool('mkfs.ext4', `${process.env['PATH']}:/usr/sbin:/sbin`))) context.skip('mkfs.ext4 is not installed');
    execFileSync('mkfs.ext4', ['-q', path], { stdio: 'pipe' });
    await fs.mkdir(at('mounted'));
    const mount = (): void => void execFileSync('mount', [path, at('mounted')], { stdio: 'pipe' });
    const claim = await hosts.local.claim(path);
    expect(mount).toThrow(/busy|already mounted/);
    await claim.release();
    mount();
    await expect(hosts.local.claim(path)).rejects.toMatchObject({ code: 'DESTINATION_BUSY' });
    execFileSync('umount', [at('mounted')]);
    await (await hosts.local.claim(path)).release();
  });

  it('is refused over ssh', async (context) => {
    if (sshdMissing !== undefined) context.skip(sshdMissing);
    await expect(hosts.ssh({ host: sshd?.alias ?? '' }).claim(path)).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      untouched: true,
      message: expect.stringContaining('is a block device, and over ssh') as string,
    });
  });
});
