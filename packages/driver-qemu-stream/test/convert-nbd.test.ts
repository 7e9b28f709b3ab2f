import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, open, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KnownEndpoint, TransferRequest } from '@image-api/driver';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { convertMode } from '../src/modes/convert/convert-mode.ts';
import { qemuStreamOptions } from '../src/qemu-stream-options.ts';
import type { QemuStreamOptions } from '../src/qemu-stream-options.ts';
import { findProcesses } from './find-processes.ts';
import { beginMode, fileAt, offerOf, requestOf } from './run-mode.ts';
import { serveDisk } from './serve-disk.ts';
import type { ServedDisk } from './serve-disk.ts';

const mib = 2 ** 20;
const tools = ['qemu-storage-daemon', 'qemu-nbd', 'qemu-img'];
const missing = tools.find((tool) => spawnSync(tool, ['--version']).status !== 0);

describe.skipIf(missing !== undefined)(
  `whole copies from and to NBD${missing === undefined ? '' : ` (skipped: ${missing} is missing)`}`,
  () => {
    let folder: string;
    const served: ServedDisk[] = [];
    const mode = (options: QemuStreamOptions = {}): ReturnType<typeof convertMode> => convertMode(qemuStreamOptions(options));
    const transfer = async (request: TransferRequest, options: QemuStreamOptions = {}): Promise<Awaited<ReturnType<typeof beginMode>>> =>
      beginMode(mode(options), request, folder);

    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'image-api-convert-'));
    });
    afterEach(async () => {
      for (const disk of served.splice(0)) await disk.stop();
      expect(findProcesses(folder)).toEqual([]);
      expect((await readdir(folder)).filter((name) => name.startsWith('scratch-'))).toEqual([]);
      await rm(folder, { recursive: true });
    });

    /** Data, a hole, data. */
    async function disk(name: string, size = 8 * mib): Promise<string> {
      const path = join(folder, name);
      const file = await open(path, 'w');
      await file.truncate(size);
      await file.write(randomBytes(mib), 0, mib, 0);
      await file.write(randomBytes(mib), 0, mib, size - mib);
      await file.close();
      return path;
    }
    async function serve(path: string, ...more: string[]): Promise<KnownEndpoint> {
      const found = await serveDisk(path, `${path}.socket`, more);
      served.push(found);
      return found.endpoint;
    }
    async function staging(): Promise<KnownEndpoint> {
      await writeFile(join(folder, '.part'), '', { mode: 0o600 });
      return fileAt(join(folder, '.part'));
    }
    const sha256 = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

    it('copies a served disk into a raw file, holes kept, and tells its size and digest', async () => {
      const path = await disk('from');
      const running = await transfer(requestOf(await serve(path), await staging(), { verify: 'sha256' }));
      const bytes = await readFile(path);
      expect(await running.done).toMatchObject({
        fromSize: 8 * mib,
        fromDigest: sha256(bytes),
        counters: { bytesLogical: 8 * mib, bytesSkipped: 6 * mib },
      });
      expect((await readFile(join(folder, '.part'))).equals(bytes)).toBe(true);
      expect((await stat(join(folder, '.part'))).blocks * 512).toBeLessThan(3 * mib);
      expect(running.paidFor(), 'reading once more is within the limit').toBe(8 * mib);
    });

    it('copies a served disk into a compressed qcow2', async () => {
      const path = await disk('from');
      const request = requestOf(await serve(path), await staging(), { toFormat: 'qcow2', verify: 'sha256' });
      const { fromDigest, toDigest } = await (await transfer(request, { compress: true })).done;
      expect(toDigest).toBe(fromDigest);
      const compared = spawnSync('qemu-img', ['compare', '-f', 'raw', '-F', 'qcow2', path, join(folder, '.part')]);
      expect(compared.stdout.toString()).toContain('identical');
      expect(spawnSync('qemu-img', ['check', '-f', 'qcow2', join(folder, '.part')]).stdout.toString()).toContain('No errors');
    });

    it('writes a disk over one that is served: all of it, zeros too, and nothing behind it', async () => {
      const from = await disk('from');
      const to = join(folder, 'to');
      await writeFile(to, Buffer.alloc(9 * mib, 7));
      const request = requestOf(await fileAt(from), await serve(to), { overwrite: 'replace', verify: 'sha256' });
      const bytes = await readFile(from);
      expect(await (await transfer(request)).done).toMatchObject({ toDigest: sha256(bytes), counters: { bytesLogical: 8 * mib } });
      const arrived = await readFile(to);
      expect(arrived.subarray(0, 8 * mib).equals(bytes)).toBe(true);
      expect(arrived.subarray(8 * mib).every((byte) => byte === 7)).toBe(true);
      expect((await stat(to)).blocks * 512, 'holes are holes again').toBeLessThan(4 * mib);
    });

    it('leaves no header on a disk that was written over in part', async () => {
      const from = await disk('from', 16 * mib);
      await writeFile(from, randomBytes(16 * mib));
      const to = join(folder, 'to');
      await writeFile(to, Buffer.alloc(16 * mib, 7));
      const request = requestOf(await fileAt(from), await serve(to), { overwrite: 'replace', limits: { bandwidth: 4 * mib } });
      const running = await transfer(request);
      await running.reaches(2 * mib);
      const startedAtMs = performance.now();
      running.cancel();
      await expect(running.done).rejects.toMatchObject({ code: 'CANCELLED' });
      expect(performance.now() - startedAtMs).toBeLessThan(2000);
      expect((await readFile(to)).subarray(0, mib).every((byte) => byte === 0)).toBe(true);
    });

    it('changes its limit and pauses while it writes over a disk', async () => {
      const from = join(folder, 'from');
      await writeFile(from, randomBytes(24 * mib));
      const to = await disk('to', 24 * mib);
      const running = await transfer(
        requestOf(await fileAt(from), await serve(to), { overwrite: 'replace', limits: { bandwidth: 4 * mib } }),
      );
      await running.reaches(3 * mib);
      const at = (): number => Math.max(...running.updates.map(({ bytesLogical = 0 }) => bytesLogical));
      await running.pause();
      const pausedAt = at();
      await new Promise((resolve) => setTimeout(resolve, 600));
      expect(at() - pausedAt).toBeLessThanOrEqual(2 * mib);
      await running.resume();
      expect(await running.setLimits({})).toEqual({});
      const startedAtMs = performance.now();
      await running.done;
      expect(performance.now() - startedAtMs).toBeLessThan(3000);
      expect((await readFile(from)).equals(await readFile(to))).toBe(true);
    });

    it('tells a server that dies, and one that hangs', async () => {
      const from = join(folder, 'from');
      await writeFile(from, randomBytes(16 * mib));
      const limits = { bandwidth: 2 * mib };
      const lost = await transfer(requestOf(await serve(from), await staging(), { limits }), { sourceLossMs: 0 });
      await lost.reaches(mib);
      await served[0]?.stop();
      await expect(lost.done).rejects.toMatchObject({ origin: 'source', retryable: true });

      await rm(`${from}.socket`, { force: true });
      const hung = await transfer(requestOf(await serve(from), await staging(), { limits }), { stallMs: 1000 });
      await hung.reaches(mib);
      process.kill(served[1]?.pid ?? 0, 'SIGSTOP');
      await hung.setLimits({});
      await expect(hung.done).rejects.toMatchObject({ code: 'STALLED', retryable: true });
    });

    it('looks before it offers', async () => {
      const from = await fileAt(await disk('from'));
      const small = await serve(await disk('small', 4 * mib));
      const shown = await serve(await disk('shown'), '--read-only');
      const offer = (to: KnownEndpoint, more: Partial<TransferRequest> = {}): Promise<unknown> =>
        offerOf(mode(), requestOf(from, to, more));
      await expect(offer(small)).rejects.toMatchObject({ code: 'DESTINATION_EXISTS' });
      await expect(offer(small, { overwrite: 'replace' })).rejects.toMatchObject({ code: 'NO_SPACE' });
      await expect(offer(shown, { overwrite: 'replace' })).rejects.toMatchObject({ code: 'DESTINATION_UNWRITABLE' });
      await expect(offer({ ...shown, path: '/other' }, { overwrite: 'replace' })).rejects.toMatchObject({ code: 'DESTINATION_UNWRITABLE' });
      const nobody = { ...shown, params: { socket: join(folder, 'nobody') } };
      await expect(offerOf(mode(), requestOf(nobody, await staging()))).rejects.toMatchObject({ code: 'UNREACHABLE', origin: 'source' });
      await expect(offerOf(mode(), requestOf({ ...shown, path: '/other' }, await staging()))).rejects.toMatchObject({
        code: 'SOURCE_MISSING',
      });
      expect(await offerOf(mode(), requestOf(shown, await staging(), { limits: { bandwidth: 1000.5 } }))).toMatchObject({
        accept: true,
        space: 8 * mib,
        limits: { bandwidth: 1000 },
        charged: 'image',
      });
    });
  },
);
