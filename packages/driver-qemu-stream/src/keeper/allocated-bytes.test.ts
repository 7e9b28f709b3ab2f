import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allocatedBytes } from './allocated-bytes.ts';

const installed = spawnSync('qemu-img', ['--version']).status === 0;
const mib = 2 ** 20;

describe.skipIf(!installed)(`allocatedBytes${installed ? '' : ' (skipped: qemu-img is not installed)'}`, () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'image-api-allocated-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('counts what was written, zeros too, and nothing else', async () => {
    const path = join(folder, 'disk.qcow2');
    execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', path, '4G']);
    expect(await allocatedBytes(path)).toBe(0);
    execFileSync('qemu-io', ['-f', 'qcow2', '-c', 'write -q 3G 1M', '-c', 'write -q 0 64k', '-c', 'write -q -z 1G 2M', path]);
    expect(await allocatedBytes(path)).toBe(3 * mib + 65_536);
  });

  it('finds nothing in what is no qcow2 image', async () => {
    const path = join(folder, 'empty');
    await writeFile(path, '');
    expect(await allocatedBytes(path)).toBe(0);
    await writeFile(path, 'x'.repeat(1000));
    expect(await allocatedBytes(path)).toBe(0);
  });
});
