import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TransferRequest } from '@image-api/driver';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pullMode } from '../src/modes/pull/pull-mode.ts';
import { qemuStreamOptions } from '../src/qemu-stream-options.ts';
import type { QemuStreamOptions } from '../src/qemu-stream-options.ts';
import { beginMode, fileAt, offerOf, requestOf } from './run-mode.ts';
import type { RunningMode } from './run-mode.ts';
import { startMachine } from './start-machine.ts';
import type { Machine } from './start-machine.ts';

const mib = 2 ** 20;
const missing = ['qemu-system-x86_64', 'qemu-img', 'qemu-io'].find((tool) => spawnSync(tool, ['--version']).status !== 0);

describe.skipIf(missing !== undefined)(
  `pulling images into a running disk${missing === undefined ? '' : ` (skipped: ${missing} is missing)`}`,
  () => {
    let folder: string;
    let machine: Machine;
    const image = (name: string): string => join(folder, `${name}.qcow2`);
    const run = (tool: string, ...args: string[]): string => {
      const { status, stdout, stderr } = spawnSync(tool, args, { encoding: 'utf8' });
      if (status !== 0) throw new Error(stderr);
      return stdout;
    };

    /** a ← b ← c, each with data of its own; c is written to by a machine. */
    beforeEach(async () => {
      folder = await realpath(await mkdtemp(join(tmpdir(), 'image-api-pull-')));
      await writeFile(join(folder, 'a.raw'), randomBytes(8 * mib));
      run('qemu-img', 'convert', '-f', 'raw', '-O', 'qcow2', join(folder, 'a.raw'), image('a'));
      for (const [over, under, pattern] of [
        ['b', 'a', '11'],
        ['c', 'b', '22'],
      ] as const) {
        run('qemu-img', 'create', '-f', 'qcow2', '-F', 'qcow2', '-b', image(under), image(over));
        run('qemu-io', '-f', 'qcow2', '-c', `write -P ${pattern} ${pattern}00k 200k`, image(over));
      }
      const node = (name: string, path: string, more: object): object[] => [
        {
          driver: 'file',
          'node-name': `${name}-file`,
          filename: path,
          'auto-read-only': name !== 'disk',
        },
        { driver: 'qcow2', 'node-name': name, file: `${name}-file`, ...more },
      ];
      machine = await startMachine(folder, [
        ...node('a', image('a'), { 'auto-read-only': true, backing: null }),
        ...node('b', image('b'), { 'auto-read-only': true, backing: 'a' }),
        ...node('disk', image('c'), { backing: 'b' }),
      ]);
    });
    afterEach(async () => {
      await machine.stop();
      await rm(folder, { recursive: true });
    });

    const request = async (from: string, more: Partial<TransferRequest> = {}): Promise<TransferRequest> =>
      requestOf(await fileAt(image(from), 'qcow2'), machine.endpoint, more);
    const begin = async (from: string, options: QemuStreamOptions = {}, more: Partial<TransferRequest> = {}): Promise<RunningMode> =>
      beginMode(pullMode(qemuStreamOptions(options)), await request(from, more), folder);
    /** The files a disk is made of, as its headers say. */
    const chainOf = (name: string): string[] =>
      (JSON.parse(run('qemu-img', 'info', '-U', '--backing-chain', '--output=json', image(name))) as { filename: string }[]).map(
        ({ filename }) => filename,
      );
    const contentOf = async (name: string): Promise<Buffer> => {
      run('qemu-img', 'convert', '-U', '-f', 'qcow2', '-O', 'raw', image(name), join(folder, 'content'));
      return readFile(join(folder, 'content'));
    };

    it('pulls everything, while the guest writes, until the disk stands alone', async () => {
      const before = await contentOf('c');
      const running = await begin('a', {}, { limits: { bandwidth: 8 * mib } });
      await machine.guest('write -P 7 5M 64k');
      expect(await running.done).toMatchObject({ chain: true, counters: { bytesLogical: 8 * mib } });
      expect(chainOf('c')).toEqual([image('c')]);
      before.fill(7, 5 * mib, 5 * mib + 65_536);
      expect((await contentOf('c')).equals(before)).toBe(true);
      expect(await machine.ask((qmp) => qmp.execute('query-jobs'))).toEqual([]);
    });

    it('pulls down to an image that stays', async () => {
      const before = await contentOf('c');
      await (
        await begin('b', { base: image('a') })
      ).done;
      expect(chainOf('c')).toEqual([image('c'), image('a')]);
      expect((await contentOf('c')).equals(before)).toBe(true);
    });

    it('pulls into an image in the middle', async () => {
      const before = await contentOf('c');
      await (
        await begin('a', { into: image('b') })
      ).done;
      expect(chainOf('c')).toEqual([image('c'), image('b')]);
      expect((await contentOf('c')).equals(before)).toBe(true);
    });

    it('refuses what is not the chain, and names both', async () => {
      const offer = async (from: string, options: QemuStreamOptions = {}): Promise<unknown> =>
        offerOf(pullMode(qemuStreamOptions(options)), await request(from));
      expect(await offer('a')).toMatchObject({ accept: true, space: 0 });
      expect(await offer('b')).toMatchObject({
        reason: expect.stringContaining(`the last image is ${image('a')}, not ${image('b')}`) as string,
      });
      expect(await offer('a', { base: image('a') })).toMatchObject({
        reason: expect.stringContaining(`above ${image('a')} is ${image('b')}`) as string,
      });
      expect(await offer('a', { base: '/nowhere' })).toMatchObject({ reason: expect.stringContaining('/nowhere is no part') as string });
      expect(await offer('a', { into: image('a') })).toMatchObject({ reason: expect.stringContaining('nothing to pull') as string });
      const nowhere = requestOf(await fileAt(image('a')), { ...machine.endpoint, params: { device: 'disk9' } });
      await expect(offerOf(pullMode(qemuStreamOptions()), nowhere)).rejects.toMatchObject({
        code: 'DESTINATION_KIND',
        message: expect.stringContaining('disk0') as string,
      });
    });

    it('changes its speed, pauses, and is cancelled; the same copy then goes on', async () => {
      const running = await begin('a', {}, { limits: { bandwidth: mib } });
      await running.reaches(mib / 2);
      const at = (): number => Math.max(0, ...running.updates.map(({ bytesLogical = 0 }) => bytesLogical));
      await running.pause();
      const pausedAt = at();
      await sleep(800);
      expect(at() - pausedAt).toBeLessThanOrEqual(mib / 2);
      await running.resume();
      expect(await running.setLimits({ bandwidth: 2 * mib })).toEqual({ bandwidth: 2 * mib });
      const startedAtMs = performance.now();
      running.cancel();
      await expect(running.done).rejects.toMatchObject({ code: 'CANCELLED' });
      expect(performance.now() - startedAtMs).toBeLessThan(2000);
      expect(chainOf('c')).toEqual([image('c'), image('b'), image('a')]);
      expect(await machine.ask((qmp) => qmp.execute('query-jobs'))).toEqual([]);
      await (
        await begin('a')
      ).done;
      expect(chainOf('c')).toEqual([image('c')]);
    });

    it('leaves the monitor to others between its turns, and waits when they keep it', async () => {
      const running = await begin('a', {}, { limits: { bandwidth: 4 * mib } });
      await running.reaches(1);
      await machine.ask(() => sleep(3500));
      await running.done;
      expect(chainOf('c')).toEqual([image('c')]);
    });

    it('finds its job again after it was killed, and says who holds the monitor', async () => {
      const first = await begin('a', {}, { limits: { bandwidth: mib } });
      await first.reaches(1);
      // Another try of the same copy, as after a kill: the job is there already, and is not begun anew.
      const second = await begin('a', {}, { limits: { bandwidth: 4 * mib } });
      await second.done;
      expect(chainOf('c')).toEqual([image('c')]);
      await first.done.catch(() => undefined);

      await machine.ask(async () => {
        const offer = offerOf(pullMode(qemuStreamOptions()), await request('a'));
        await expect(offer).rejects.toMatchObject({ code: 'DESTINATION_BUSY', details: { kind: 'busy' } });
      });
    });

    it('tells that the machine is gone', async () => {
      const running = await begin('a', {}, { limits: { bandwidth: mib } });
      await running.reaches(1);
      await machine.stop();
      await expect(running.done).rejects.toMatchObject({ code: 'UNREACHABLE', origin: 'destination' });
    }, 30_000);
  },
);
