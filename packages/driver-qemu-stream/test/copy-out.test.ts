import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, chown, mkdtemp, open, readFile, readdir, realpath, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { TransferRequest } from '@image-api/driver';
import { build } from 'esbuild';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { copyOutMode } from '../src/modes/copy-out/copy-out-mode.ts';
import { qemuStreamOptions } from '../src/qemu-stream-options.ts';
import { findProcesses } from './find-processes.ts';
import { beginMode, fileAt, offerOf, requestOf } from './run-mode.ts';
import type { RunningMode } from './run-mode.ts';
import { startMachine } from './start-machine.ts';
import type { Machine } from './start-machine.ts';

const mib = 2 ** 20;
const tools = ['qemu-system-x86_64', 'qemu-storage-daemon', 'qemu-img'];
const missing = tools.find((tool) => spawnSync(tool, ['--version']).status !== 0);

describe.skipIf(missing !== undefined)(`copying a running disk${missing === undefined ? '' : ` (skipped: ${missing} is missing)`}`, () => {
  let folder: string;
  let disk: string;
  let to: string;
  let machine: Machine;
  const mode = copyOutMode(qemuStreamOptions());

  const start = (user?: number): Promise<Machine> =>
    startMachine(
      folder,
      [
        { driver: 'file', 'node-name': 'disk-file', filename: disk },
        { driver: 'raw', 'node-name': 'disk', file: 'disk-file' },
      ],
      user,
    );

  /** 16 MiB of data, then a hole. */
  beforeEach(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'image-api-copy-out-')));
    disk = join(folder, 'disk.raw');
    to = join(folder, '.part');
    await writeFile(disk, randomBytes(16 * mib));
    await truncate(disk, 64 * mib);
    await writeFile(to, '', { mode: 0o600 });
    machine = await start();
  });
  afterEach(async () => {
    await machine.stop();
    expect(findProcesses(folder)).toEqual([]);
    expect((await readdir(folder)).filter((name) => name.startsWith('scratch-'))).toEqual([]);
    await rm(folder, { recursive: true });
  });

  const request = async (more: Partial<TransferRequest> = {}): Promise<TransferRequest> =>
    requestOf(machine.endpoint, await fileAt(to), more);
  const begin = async (more: Partial<TransferRequest> = {}): Promise<RunningMode> => beginMode(mode, await request(more), folder);

  /** A process of its own that copies, to be killed. */
  async function bundle(): Promise<string> {
    const packages = fileURLToPath(new URL('../../', import.meta.url));
    const outfile = join(folder, 'copy-out.mjs');
    await build({
      entryPoints: [join(packages, 'driver-qemu-stream/test/programs/copy-out.ts')],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      alias: Object.fromEntries(['driver', 'host', 'qmp'].map((part) => [`@image-api/${part}`, join(packages, part, 'src/index.ts')])),
      banner: { js: "import { createRequire as requireFor } from 'node:module'; const require = requireFor(import.meta.url);" },
    });
    return outfile;
  }

  /** Everything that is in the machine but its own disk. */
  async function strangers(): Promise<string[]> {
    return machine.ask(async (qmp) => [
      ...(await qmp.execute('query-jobs')).map(({ id }) => id),
      ...(await qmp.execute('query-named-block-nodes', { flat: true }))
        .map((node) => node['node-name'] ?? '')
        .filter((name) => !name.startsWith('disk')),
    ]);
  }

  it('makes a raw copy of one moment, holes kept, while the guest writes', async () => {
    const running = await begin({ limits: { bandwidth: 16 * mib } });
    await running.reaches(4 * mib);
    for (const at of [0, 5, 30]) await machine.guest(`write -P 7 ${at}M 64k`);
    expect(await running.done).toMatchObject({ fromSize: 64 * mib, counters: { bytesLogical: 64 * mib } });
    await machine.guest('write -P 9 0 64k');
    const [copied, now] = await Promise.all([readFile(to), readFile(disk)]);
    expect(copied.subarray(0, 65_536).every((byte) => byte === 7)).toBe(true);
    expect(copied.subarray(65_536).equals(now.subarray(65_536))).toBe(true);
    expect((await stat(to)).blocks * 512).toBeLessThan(20 * mib);
    expect(await strangers()).toEqual([]);
  });

  it('makes a qcow2 copy', async () => {
    await (
      await begin({ toFormat: 'qcow2' })
    ).done;
    expect(spawnSync('qemu-img', ['compare', '-U', '-f', 'raw', '-F', 'qcow2', disk, to]).stdout.toString()).toContain('identical');
    expect(spawnSync('qemu-img', ['check', '-f', 'qcow2', to]).stdout.toString()).toContain('No errors');
    expect((await stat(to)).size).toBeLessThan(20 * mib);
  });

  it('offers by what the disk takes, and refuses what it cannot make', async () => {
    expect(await offerOf(mode, await request({ limits: { bandwidth: mib } }))).toMatchObject({ accept: true, limits: { bandwidth: mib } });
    expect(await offerOf(mode, await request({ toFormat: 'vmdk' }))).toMatchObject({ accept: false });
    const nowhere = requestOf({ ...machine.endpoint, params: { device: 'disk9' } }, await fileAt(to));
    await expect(offerOf(mode, nowhere)).rejects.toMatchObject({
      code: 'SOURCE_MISSING',
      message: expect.stringContaining('disk0') as string,
    });
    await machine.ask(async () => {
      await expect(offerOf(mode, await request())).rejects.toMatchObject({ code: 'UNREACHABLE', details: { kind: 'busy' } });
    });
  });

  it('keeps its limit, pauses, and is cancelled with nothing left in the machine', async () => {
    const startedAtMs = performance.now();
    const running = await begin({ limits: { bandwidth: 4 * mib } });
    await running.reaches(3 * mib);
    expect(performance.now() - startedAtMs).toBeGreaterThan(500);
    await running.pause();
    const { blocks } = await stat(to);
    await sleep(800);
    expect(((await stat(to)).blocks - blocks) * 512).toBeLessThanOrEqual(2 * mib);
    await running.resume();
    expect(await running.setLimits({ bandwidth: 2 * mib })).toEqual({ bandwidth: 2 * mib });
    const cancelledAtMs = performance.now();
    running.cancel();
    await expect(running.done).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(performance.now() - cancelledAtMs).toBeLessThan(2000);
    expect(await strangers()).toEqual([]);
  });

  it('never lets the guest wait or fail, when our daemon hangs and when it dies, and cleans up afterwards', async () => {
    const running = await begin({ limits: { bandwidth: 4 * mib } });
    await running.reaches(4 * mib);
    const [daemon = 0] = findProcesses('qemu-storage-daemon').filter((pid) => findProcesses(folder).includes(pid));
    process.kill(daemon, 'SIGSTOP');
    const startedAtMs = performance.now();
    await machine.guest('write -P 7 14M 64k');
    expect(performance.now() - startedAtMs).toBeLessThan(1500);
    process.kill(daemon, 'SIGKILL');
    await machine.guest('write -P 7 12M 64k');
    await expect(running.done).rejects.toMatchObject({ retryable: true });
    expect(await strangers()).toEqual([]);
  });

  it('takes away what a copy that was killed has left in the machine', async () => {
    const child = spawn(process.execPath, [await bundle(), machine.endpoint.path, to, folder], { stdio: 'ignore' });
    const ended = once(child, 'exit');
    while ((await stat(to)).blocks * 512 < mib) {
      await sleep(20);
      expect(child.exitCode, 'it ended before it could be killed').toBe(null);
    }
    child.kill('SIGKILL');
    await ended;
    await machine.guest('write -P 7 12M 64k');
    expect((await strangers()).length).toBeGreaterThan(0);
    await (
      await begin()
    ).done;
    expect((await readFile(to)).equals(await readFile(disk))).toBe(true);
    expect(await strangers()).toEqual([]);
    for (const name of await readdir(folder)) if (name.startsWith('scratch-')) await rm(join(folder, name), { recursive: true });
  });

  it('tells that there is no room', async (context) => {
    const small = join(folder, 'small');
    spawnSync('mkdir', [small]);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', small]).status === 0;
    if (!mounted) context.skip('a small filesystem cannot be mounted here');
    try {
      await (await open(join(small, '.part'), 'w')).close();
      const running = await beginMode(mode, requestOf(machine.endpoint, await fileAt(join(small, '.part'))), folder);
      await expect(running.done).rejects.toMatchObject({ code: 'NO_SPACE', origin: 'destination' });
      expect(await strangers()).toEqual([]);
    } finally {
      spawnSync('umount', [small]);
    }
  });

  it.skipIf(process.getuid?.() !== 0)("reaches another user's machine, as root", async () => {
    await machine.stop();
    await chmod(folder, 0o755);
    await chown(folder, 65_534, 65_534);
    await chown(disk, 65_534, 65_534);
    machine = await start(65_534);
    await (
      await begin()
    ).done;
    expect((await readFile(to)).equals(await readFile(disk))).toBe(true);
  });
});
