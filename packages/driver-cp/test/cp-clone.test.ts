import { execFileSync } from 'node:child_process';
import { readFileSync, statfsSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, open, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHosts } from '@image-api/host';
import { cp } from '../src/index.ts';
import { contextFor, failureOf, offerOf, requestFor, staging, transfer } from './copying.ts';
import { Loop, run, whyNoLoop } from './loop.ts';

const mib = 2 ** 20;
const reason = whyNoLoop();
let directory = '';
let loop: Loop;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'driver-cp-loop-'));
  loop = new Loop(directory);
});
afterAll(async () => {
  loop.release();
  await rm(directory, { recursive: true, force: true });
});

/** Room is taken, but no data written: that is what makes a test of gigabytes quick. */
async function reserved(path: string, mebibytes: number): Promise<string> {
  run('fallocate', ['--length', `${mebibytes}MiB`, path]);
  const file = await open(path, 'r+');
  await file.write('head', 0);
  await file.write('tail', (mebibytes - 1) * mib);
  await file.sync();
  await file.close();
  return path;
}

/** The first and the last piece; comparing gigabytes takes longer than cloning them. */
async function ends(path: string): Promise<string> {
  const file = await open(path);
  const first = Buffer.alloc(16);
  const last = Buffer.alloc(mib);
  await file.read(first, 0, 16, 0);
  await file.read(last, 0, mib, statSync(path).size - mib);
  await file.close();
  return `${first.toString()}…${last.subarray(0, 16).toString()}`;
}

/** A search path with all tools but one. */
async function toolsWithout(missing: string, parent: string): Promise<string> {
  const bin = join(parent, `without-${missing}`);
  await mkdir(bin);
  for (const tool of await readdir('/usr/bin')) if (tool !== missing) await symlink(join('/usr/bin', tool), join(bin, tool));
  return bin;
}

const freeOf = (mountPoint: string): number => {
  run('sync', ['--file-system', mountPoint]);
  const { bfree, bsize } = statfsSync(mountPoint);
  return bfree * bsize;
};

describe.skipIf(reason !== undefined)(
  `cp on filesystems of its own${reason === undefined ? '' : ` (${reason})`}`,
  { timeout: 30_000 },
  () => {
    it.each(['btrfs', 'xfs'] as const)('clones gigabytes on %s in well under half a second, into the same file', async (kind) => {
      const mountPoint = loop.mount(kind, 4096);
      const from = await reserved(join(mountPoint, 'from.raw'), 3072);
      const to = await staging(join(mountPoint, 'to.part'));
      const { ino } = statSync(to);
      const request = await requestFor(from, to);
      const offer = await offerOf(cp(), request);
      expect(offer).toMatchObject({
        reason: `cloned on ${kind}: no data is moved`,
        space: 0,
        notes: [expect.stringContaining(`if ${kind} refuses`)],
        commands: [{ tool: 'cp', args: expect.arrayContaining(['--reflink=always']) }],
      });
      expect(offer.seconds).toBeLessThan(0.5);
      const free = freeOf(mountPoint);
      const { report, milliseconds } = await transfer(cp(), request);
      expect(milliseconds).toBeLessThan(500);
      expect(free - freeOf(mountPoint)).toBeLessThan(8 * mib);
      expect(statSync(to)).toMatchObject({ ino, mode: 0o100600, size: 3072 * mib });
      expect(await ends(to)).toBe(await ends(from));
      expect(await ends(to)).toMatch(/^head.*tail/s);
      expect(report.counters).toEqual({ bytesLogical: 3072 * mib, bytesRead: 0, bytesSent: 0, bytesSkipped: 3072 * mib });
    });

    it('shares its extents with the source', async () => {
      const mountPoint = loop.mount('xfs', 400);
      const from = await reserved(join(mountPoint, 'from.raw'), 64);
      const to = await staging(join(mountPoint, 'to.part'));
      await transfer(cp(), await requestFor(from, to));
      expect(execFileSync('cmp', [from, to], { encoding: 'utf8' })).toBe('');
      expect(run('filefrag', ['-v', to])).toContain('shared');
      expect(run('filefrag', ['-v', from])).toContain('shared');
    });

    it('asks xfs whether it can share blocks, and copies where it cannot', async () => {
      const mountPoint = loop.mount('xfs', 400, ['-m', 'reflink=0']);
      const from = await reserved(join(mountPoint, 'from.raw'), 64);
      const to = await staging(join(mountPoint, 'to.part'));
      const request = await requestFor(from, to);
      expect(await offerOf(cp(), request)).toMatchObject({ reason: 'copied by this process, holes kept', space: 64 * mib });
      const { report } = await transfer(cp(), request);
      expect(execFileSync('cmp', [from, to], { encoding: 'utf8' })).toBe('');
      expect(report.counters).toMatchObject({ bytesLogical: 64 * mib, bytesRead: 64 * mib });
    });

    it('tries where nobody can tell whether xfs shares blocks', async () => {
      const mountPoint = loop.mount('xfs', 400);
      const from = await reserved(join(mountPoint, 'from.raw'), 64);
      const to = await staging(join(mountPoint, 'to.part'));
      const { local } = createHosts({ environment: { ...process.env, PATH: await toolsWithout('xfs_info', directory) } });
      const context = { ...contextFor(), hosts: { from: local, to: local } };
      const request = await requestFor(from, to);
      expect(await cp().offer(request, context)).toEqual({
        accept: true,
        seconds: expect.closeTo(0.02 + (64 * mib) / 400e6, 3),
        reason: 'cloned where xfs allows it, else copied',
        space: 64 * mib,
        commands: [{ host: 'local', tool: 'cp', args: ['--reflink=always', '-T', '--', from, to] }],
      });
      const { counters } = await cp().transfer(request, context);
      expect(execFileSync('cmp', [from, to], { encoding: 'utf8' })).toBe('');
      expect(run('filefrag', ['-v', to])).toContain('shared');
      expect(counters).toEqual({ bytesLogical: 64 * mib, bytesRead: 0, bytesSent: 0, bytesSkipped: 64 * mib });
    });

    it('copies where one file of btrfs may not share its blocks', async () => {
      const mountPoint = loop.mount('btrfs', 400);
      const from = await reserved(join(mountPoint, 'from.raw'), 64);
      const to = await staging(join(mountPoint, 'to.part'));
      run('chattr', ['+C', to]);
      const { report } = await transfer(cp(), await requestFor(from, to));
      expect(execFileSync('cmp', [from, to], { encoding: 'utf8' })).toBe('');
      expect(report.counters.bytesRead).toBeGreaterThan(0);
    });

    it('copies where there is no cp to ask for a clone', async () => {
      const mountPoint = loop.mount('btrfs', 400);
      const from = await reserved(join(mountPoint, 'from.raw'), 64);
      const to = await staging(join(mountPoint, 'to.part'));
      const { local } = createHosts({ environment: { ...process.env, PATH: await toolsWithout('cp', directory) } });
      const context = { ...contextFor(), hosts: { from: local, to: local } };
      expect(await cp().probe({ ...context.env, local })).toEqual({
        available: true,
        detail: 'no clones',
        warnings: [expect.stringContaining('nothing can be cloned: cp is not installed')],
      });
      const { counters } = await cp().transfer(await requestFor(from, to), context);
      expect(execFileSync('cmp', [from, to], { encoding: 'utf8' })).toBe('');
      expect(counters.bytesRead).toBe(64 * mib);
    });

    it('clones from one part of btrfs to another', async () => {
      const mountPoint = loop.mount('btrfs', 400);
      for (const part of ['one', 'two']) run('btrfs', ['subvolume', 'create', join(mountPoint, part)]);
      const from = await reserved(join(mountPoint, 'one/from.raw'), 64);
      const to = await staging(join(mountPoint, 'two/to.part'));
      const { report } = await transfer(cp(), await requestFor(from, to));
      expect(execFileSync('cmp', [from, to], { encoding: 'utf8' })).toBe('');
      expect(report.counters).toMatchObject({ bytesRead: 0, bytesSkipped: 64 * mib });
    });

    it('copies when it is told not to clone', async () => {
      const mountPoint = loop.mount('btrfs', 400);
      const from = join(mountPoint, 'from.raw');
      await writeFile(from, Buffer.alloc(16 * mib, 'noise'));
      const to = await staging(join(mountPoint, 'to.part'));
      const { report } = await transfer(cp({ reflink: 'never' }), await requestFor(from, to));
      expect(report.counters.bytesRead).toBe(16 * mib);
    });

    it('keeps holes on ext4: what is allocated is equal', async () => {
      const mountPoint = loop.mount('ext4', 400);
      const from = join(mountPoint, 'from.raw');
      const file = await open(from, 'wx');
      await file.truncate(300 * mib);
      for (const at of [0, 100, 277]) await file.write(Buffer.alloc(mib, 'noise'), 0, mib, at * mib);
      await file.close();
      const to = await staging(join(mountPoint, 'to.part'));
      await transfer(cp(), await requestFor(from, to));
      run('sync', ['--file-system', mountPoint]);
      expect(statSync(to).blocks).toBe(statSync(from).blocks);
      expect(execFileSync('cmp', [from, to], { encoding: 'utf8' })).toBe('');
    });

    it('says that there is no room, and how much there would have to be', async () => {
      const mountPoint = loop.mount('ext4', 20);
      const from = join(directory, 'large.raw');
      await writeFile(from, Buffer.alloc(40 * mib, 'noise'));
      const error = await failureOf(transfer(cp(), await requestFor(from, await staging(join(mountPoint, 'to.part')))));
      expect(error).toMatchObject({ code: 'NO_SPACE', origin: 'destination', untouched: false });
      expect(error.message).toContain(`${40 * mib} bytes`);
    });

    it('says that a filesystem turned read-only, and that nothing was written', async () => {
      const mountPoint = loop.mount('ext4', 20);
      const from = join(directory, 'small.raw');
      await writeFile(from, 'noise');
      const request = await requestFor(from, await staging(join(mountPoint, 'to.part')));
      run('mount', ['-o', 'remount,ro', mountPoint]);
      expect(await failureOf(transfer(cp(), request))).toMatchObject({ code: 'DESTINATION_UNWRITABLE', untouched: true });
    });

    it('digs holes where a device it reads has zeros', async () => {
      const disk = join(directory, 'disk.img');
      const file = await open(disk, 'wx');
      await file.truncate(64 * mib);
      await file.write(Buffer.alloc(mib, 'noise'), 0, mib, 40 * mib);
      await file.close();
      const device = loop.attach(disk);
      const to = await staging(join(directory, 'from-device.part'));
      const request = await requestFor(device, to);
      expect((await offerOf(cp(), request)).space).toBe(64 * mib);
      const { report } = await transfer(cp(), request);
      expect(readFileSync(to).equals(readFileSync(disk))).toBe(true);
      expect(statSync(to).blocks * 512).toBeLessThan(2 * mib);
      expect(report.counters).toMatchObject({ bytesLogical: 64 * mib, bytesRead: 64 * mib });
      expect(report.counters.bytesSkipped).toBeGreaterThan(60 * mib);
    });
  },
);
