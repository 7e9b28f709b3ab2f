import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KnownEndpoint } from '@image-api/driver';
import { describe, expect, it } from 'vitest';
import { convertMode } from '../src/modes/convert/convert-mode.ts';
import { qemuStreamOptions } from '../src/qemu-stream-options.ts';
import { beginMode, fileAt, offerOf, requestOf } from './run-mode.ts';

const mib = 2 ** 20;
const missing = ['qemu-storage-daemon', 'qemu-img', 'losetup'].find((tool) => spawnSync(tool, ['--version']).status !== 0);

describe.skipIf(missing !== undefined)(
  `converting onto a device${missing === undefined ? '' : ` (skipped: ${missing} is missing)`}`,
  () => {
    it('writes the disk of an image over a device, and from there into an image', async (context) => {
      const folder = await mkdtemp(join(tmpdir(), 'image-api-convert-'));
      const [disk, image, behind] = ['disk.raw', 'disk.qcow2', 'behind'].map((name) => join(folder, name)) as [string, string, string];
      await writeFile(disk, Buffer.concat([randomBytes(3 * mib), Buffer.alloc(5 * mib)]));
      await writeFile(behind, Buffer.alloc(10 * mib, 7));
      spawnSync('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', disk, image]);
      const { status, stdout } = spawnSync('losetup', ['--find', '--show', behind], { encoding: 'utf8' });
      const path = stdout.trim();
      try {
        if (status !== 0) context.skip('no loop device can be set up here');
        const device: KnownEndpoint = {
          scheme: 'file',
          path,
          params: {},
          href: `file://${path}`,
          facts: { kind: 'block', size: 10 * mib, format: 'raw' },
        };
        const mode = convertMode(qemuStreamOptions());
        const onto = requestOf(await fileAt(image, 'qcow2'), device, { toFormat: 'raw', overwrite: 'replace' });
        expect(await offerOf(mode, onto)).toMatchObject({ accept: true, notes: [expect.stringContaining('in place')] });
        await (
          await beginMode(mode, onto, folder)
        ).done;
        spawnSync('sync', [path]);
        const written = await readFile(path);
        expect(written.subarray(0, 8 * mib).equals(await readFile(disk))).toBe(true);
        expect(written.subarray(8 * mib).every((byte) => byte === 7)).toBe(true);

        await writeFile(join(folder, '.part'), '');
        await (
          await beginMode(mode, requestOf(device, await fileAt(join(folder, '.part')), { toFormat: 'vdi' }), folder)
        ).done;
        const compared = spawnSync('qemu-img', ['compare', '-f', 'raw', '-F', 'vdi', path, join(folder, '.part')]);
        expect(compared.stdout.toString()).toContain('identical');
      } finally {
        if (status === 0) spawnSync('losetup', ['--detach', path]);
        await rm(folder, { recursive: true });
      }
    });
  },
);
