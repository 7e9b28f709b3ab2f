import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync, statfsSync } from 'node:fs';
import { mkdir, readdir, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Host } from '@image-api/driver';
import { createHosts } from '@image-api/host';
import { startTwoMachines, twoMachinesMissing } from '../../host/test/elsewhere.ts';
import { sshdMissing, startSshd } from '../../host/test/real-sshd.ts';
import { allocatedOf, createSteering, dataOf, digestOf, mebibyte } from './lab.ts';
import type { Copy, Lab } from './lab.ts';
import { openSite } from './site.ts';
import type { Site } from './site.ts';

// Real logins on a machine that may be busy.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 });

let site: Site;
let lab: Lab;
let local: Host;
let box: Host;

beforeAll(async () => {
  site = await openSite();
  ({ lab, local, box } = site);
});

afterAll(() => site.close());

const tmpfs = 0x01021994;
/** Nobody tells what of a file is in memory, or all of it always is. */
const memoryUntold = spawnSync('fincore', ['--version']).status !== 0 || statfsSync(tmpdir()).type === tmpfs;

/** The far end of a copy, and the near one. */
describe.each([
  ['within this machine', () => [local, local] as const, false],
  ['to a host', () => [local, box] as const, true],
  ['from a host', () => [box, local] as const, true],
])('an idle copy by rsync %s', (title, ends, overSsh) => {
  const skipped = overSsh && sshdMissing !== undefined;
  const key = title.replaceAll(' ', '-');
  const prepare = async (
    name: string,
    ...mebibytes: readonly number[]
  ): Promise<Copy & { from: { path: string }; to: { path: string } }> => {
    const [from, to] = ends();
    const [image, staging] = [await lab.make(`${key}-${name}.raw`, ...mebibytes), await lab.make(`${key}-${name}.part`)];
    return { from: { host: from, path: image }, to: { host: to, path: staging }, priority: 'idle', driverOptions: { compress: 'none' } };
  };

  it.skipIf(skipped)('arrives whole, with its holes', async () => {
    const copy = await prepare('whole', 3, -5, 2);
    expect(await lab.offer(copy)).toMatchObject({ accept: true, notes: expect.arrayContaining([expect.stringMatching(/^idle: /)]) });
    await lab.copy(copy);
    expect(await digestOf(copy.to.path)).toBe(await digestOf(copy.from.path));
    expect(await dataOf(copy.to.path)).toBe(await dataOf(copy.from.path));
    // It comes in many parts, and their list may take a block.
    const more = (await allocatedOf(copy.to.path)) - (await allocatedOf(copy.from.path));
    expect([0, 4096]).toContain(more);
  });

  it.skipIf(skipped)('goes on from what an interrupted one left', async () => {
    const copy = await prepare('held', 4);
    await lab.copy(copy);
    execFileSync('dd', ['if=/dev/zero', `of=${copy.to.path}`, 'bs=1M', 'count=1', 'seek=2', 'conv=notrunc', 'status=none']);
    await lab.copy({ ...copy, held: 'resume' });
    expect(await digestOf(copy.to.path)).toBe(await digestOf(copy.from.path));
  });

  it.skipIf(skipped)('has every process of it give way, at both ends', async () => {
    const copy = await prepare('nice', 4);
    const moving = lab.copy({ ...copy, limits: { bandwidth: 2 * mebibyte } });
    const seen = new Map<string, number>();
    await Promise.race([moving, look(seen, [copy.from.path, copy.to.path])]);
    await moving;
    expect(seen.size, 'processes that had one of the files open').toBeGreaterThanOrEqual(3);
    expect([...seen].filter(([, nice]) => nice !== 19)).toEqual([]);
  });

  it.skipIf(skipped || memoryUntold)('leaves little in memory for the system to write in one go', async () => {
    const copy = await prepare('memory', 24);
    await lab.copy(copy);
    expect(inMemory(copy.to.path)).toBeLessThanOrEqual(2 * mebibyte);
    expect(inMemory(copy.from.path), 'of the source').toBe(24 * mebibyte);
    await lab.copy({ ...copy, priority: 'normal' });
    expect(inMemory(copy.to.path), 'of an ordinary copy').toBeGreaterThan(20 * mebibyte);
  });

  it.skipIf(skipped)('can be paused for as long as one likes', async () => {
    const steering = createSteering();
    const copy = await prepare('pause', 4);
    const moving = lab.copy({ ...copy, steering, limits: { bandwidth: 4 * mebibyte } });
    await expect.poll(() => allocatedOf(copy.to.path), { timeout: 30_000 }).toBeGreaterThan(mebibyte / 2);
    await steering.pause();
    await steering.resume();
    await moving;
    expect(await digestOf(copy.to.path)).toBe(await digestOf(copy.from.path));
  });

  it.skipIf(skipped)('goes no further than 64 MiB ahead of a disk that does not get on', async () => {
    const copy = await prepare('ahead', 150);
    const ending = endOf(lab.copy({ ...copy, limits: { bandwidth: 32 * mebibyte } }));
    await expect.poll(() => writersBack(copy.to.path).length, { timeout: 30_000 }).toBe(1);
    const [writer = 0] = writersBack(copy.to.path);
    process.kill(writer, 'SIGSTOP');
    const before = (await stat(copy.to.path)).size;
    const arrived = await settled(copy.to.path);
    process.kill(writer, 'SIGCONT');
    // What a busy machine is late with comes on top.
    expect((arrived - before) / mebibyte).toBeLessThan(64 + 16);
    expect(await ending).toMatchObject({ counters: { bytesLogical: 150 * mebibyte } });
  });

  it.skipIf(skipped)('ends when nobody takes what arrives to the disk any more, and says why', async () => {
    const copy = await prepare('broken', 8);
    const ending = endOf(lab.copy({ ...copy, limits: { bandwidth: mebibyte } }));
    await expect.poll(() => writersBack(copy.to.path).length, { timeout: 30_000 }).toBe(1);
    for (const pid of writersBack(copy.to.path)) process.kill(pid, 'SIGKILL');
    const message = expect.stringMatching(/^cannot write .*perl ended with SIGKILL/);
    expect(await ending).toMatchObject({ code: 'WRITE_FAILED', origin: 'destination', untouched: false, message });
  });

  it.skipIf(skipped)('takes all it started along when it is cancelled', async () => {
    const cancel = new AbortController();
    const copy = await prepare('cancel', 8);
    const ending = endOf(lab.copy({ ...copy, limits: { bandwidth: mebibyte }, signal: cancel.signal }));
    await expect.poll(() => writersBack(copy.to.path).length, { timeout: 30_000 }).toBe(1);
    cancel.abort();
    expect(await ending).toMatchObject({ code: 'CANCELLED' });
    await expect.poll(() => writersBack(copy.to.path), { timeout: 10_000 }).toEqual([]);
  });
});

describe('an idle copy', () => {
  it.skipIf(sshdMissing !== undefined)('is refused where nothing over there could take it to the disk', async () => {
    const bin = lab.path('bin');
    await mkdir(bin);
    for (const tool of await readdir('/usr/bin')) if (tool !== 'perl') await symlink(join('/usr/bin', tool), join(bin, tool));
    const bare = await startSshd({ config: [`SetEnv PATH=${bin}`] });
    const hosts = createHosts({ ssh: { configFile: bare.configFile } });
    try {
      const ends = {
        from: { host: local, path: await lab.make('bare.raw', 1) },
        to: { host: hosts.ssh({ host: bare.alias }), path: lab.path('bare.part') },
      };
      expect(await lab.offer({ ...ends, priority: 'idle' })).toEqual({
        accept: false,
        reason: expect.stringMatching(/^perl .*perl is not installed/),
      });
      expect(await lab.offer(ends)).toMatchObject({ accept: true });
    } finally {
      await hosts.close();
      await bare.stop();
    }
  });

  it('is refused with a daemon, which nobody can make give way', async () => {
    const copy = { from: { daemonPort: 873, path: '/open/disk.raw' }, to: { host: local, path: lab.path('daemon.part') } };
    const refusal = { accept: false, reason: expect.stringContaining('daemon') };
    expect(await lab.offer({ ...copy, priority: 'idle' })).toEqual(refusal);
  });

  it.skipIf(sshdMissing !== undefined || twoMachinesMissing !== undefined)('is refused straight from host to host', async () => {
    const machines = await startTwoMachines();
    const hosts = createHosts({ ssh: { configFile: machines.box.configFile } });
    try {
      await machines.configureBox({ other: machines.otherPort, knowsKeys: true });
      const [from, to] = [hosts.ssh({ host: machines.box.alias }), hosts.ssh({ host: 'other' })];
      const copy = { from: { host: from, path: await lab.make('far.raw', 1) }, to: { host: to, path: await lab.make('far.part') } };
      const reason = 'rsync cannot copy at idle priority straight from box to other';
      expect(await lab.offer({ ...copy, priority: 'idle' })).toEqual({ accept: false, reason });
    } finally {
      await hosts.close();
      await machines.stop();
    }
  });
});

/** How nice the rsyncs and the perl are that have one of the files in their words or open, as often as one can look. */
async function look(seen: Map<string, number>, paths: readonly string[]): Promise<never> {
  for (;;) {
    for (const { pid, command, nice } of processes()) {
      if (/^(rsync|perl)\0/.test(command) && paths.some((path) => command.includes(path) || holds(pid, path)))
        seen.set(`${pid} ${command}`, nice);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** How long a file is when it grows no more. */
async function settled(path: string): Promise<number> {
  for (let before = -1; ;) {
    const { size } = await stat(path);
    if (size === before && size > 0) return size;
    before = size;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** How a copy ended, wherever that is looked at: its error, or what it reported. */
function endOf(copying: Promise<unknown>): Promise<unknown> {
  return copying.catch((error: unknown) => error);
}

function writersBack(path: string): number[] {
  return processes().flatMap(({ pid, command }) => (command.startsWith('perl\0') && command.includes(path) ? [pid] : []));
}

interface Process {
  readonly pid: number;
  readonly command: string;
  readonly nice: number;
}

function processes(): Process[] {
  return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? readProcess(Number(name)) : []));
}

function readProcess(pid: number): Process[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const nice = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]);
    return [{ pid, command: readFileSync(`/proc/${pid}/cmdline`, 'utf8'), nice }];
  } catch {
    return [];
  }
}

function holds(pid: number, path: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((descriptor) => readlinkSync(`/proc/${pid}/fd/${descriptor}`) === path);
  } catch {
    return false;
  }
}

/** Bytes of a file that the system has in memory. */
function inMemory(path: string): number {
  return Number(execFileSync('fincore', ['--bytes', '--noheadings', '--output', 'RES', path], { encoding: 'utf8' }));
}
