import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { open, writeFile } from 'node:fs/promises';
import type { Digest } from '@image-api/driver';
import { describe, expect, it } from 'vitest';
import type { CopyOptions, TaskResult } from '../src/index.ts';
import { apiWith, from, leftovers, start } from './sandbox.ts';
import type { Step } from './scripted-driver.ts';

const mebibyte = 2 ** 20;
const installed = spawnSync('qemu-img', ['--version']).status === 0;

/** Converts with the real tool; `then` may spoil what came of it. */
function convert(then: (path: string) => Promise<void> = () => Promise.resolve()): Step {
  return async (request) => {
    execFileSync('qemu-img', ['convert', '-n', '-f', 'raw', '-O', request.toFormat!, request.from.path, await prepared(request.to.path)]);
    await then(request.to.path);
    return { counters: {} };
  };
}

/** The staging file keeps its inode: made there already, it is only filled. */
async function prepared(path: string): Promise<string> {
  const scratch = `${path}.made`;
  execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', scratch, String(4 * mebibyte)]);
  execFileSync('sh', ['-c', 'cat "$1" >"$2" && rm "$1"', 'sh', scratch, path]);
  return path;
}

async function copy(step: Step, options: CopyOptions = {}): Promise<TaskResult> {
  const disk = Buffer.alloc(4 * mebibyte);
  randomBytes(mebibyte).copy(disk, 2 * mebibyte);
  await writeFile(from, disk);
  const script = { capabilities: { convert: { from: ['raw'], to: ['qcow2'] } }, steps: [step] } as const;
  return start(script, { toFormat: 'qcow2', ...options }).wait();
}

async function flip(path: string, offset: number): Promise<void> {
  const file = await open(path, 'r+');
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, offset);
  buffer[0] = (buffer[0] ?? 0) ^ 1;
  await file.write(buffer, 0, 1, offset);
  await file.close();
}

describe.skipIf(!installed)(`a converted copy${installed ? '' : ' (skipped: qemu-img is not installed)'}`, () => {
  it('is compared by what a guest sees', async () => {
    expect((await copy(convert(), { verify: 'sha256' })).verified).toEqual({ by: 'content' });
  });

  it('is found out when one byte of that differs', async () => {
    // The last cluster of the file holds data.
    const spoil = (path: string): Promise<void> => flip(path, 4 * 65_536 + 3 * 65_536 + 100);
    await expect(copy(convert(spoil), { verify: 'sha256' })).rejects.toMatchObject({ code: 'VERIFY_FAILED' });
    expect(await leftovers()).toEqual([]);
  });

  it('is found out by size when the disk is too small', async () => {
    const small: Step = async (request) => {
      const made = `${request.to.path}.made`;
      execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', made, String(mebibyte)]);
      execFileSync('sh', ['-c', 'cat "$1" >"$2" && rm "$1"', 'sh', made, request.to.path]);
      return { counters: {} };
    };
    await expect(copy(small)).rejects.toMatchObject({ code: 'VERIFY_FAILED' });
  });

  it('is compared by what its driver read of both, where no host can look', async () => {
    const one = `sha256:${'1'.repeat(64)}` as const;
    const other = `sha256:${'2'.repeat(64)}` as const;
    const onto = async (toDigest: Digest): Promise<TaskResult> => {
      const routes = [{ from: 'file', to: 'nbd', inPlace: true }] as const;
      const { api } = apiWith([
        {
          capabilities: { routes, convert: { from: ['raw'], to: ['qcow2'] } },
          steps: [() => Promise.resolve({ counters: {}, fromDigest: one, toDigest })],
        },
      ]);
      return api.copy(from, 'nbd://127.0.0.1/disk', { toFormat: 'qcow2', verify: 'sha256', overwrite: 'replace' }).wait();
    };
    expect((await onto(one)).verified).toEqual({ by: 'content' });
    await expect(onto(other)).rejects.toMatchObject({ code: 'VERIFY_FAILED', origin: 'destination' });
  });

  it('must have the format that was asked for', async () => {
    await expect(copy('copy')).rejects.toMatchObject({ code: 'FORMAT_MISMATCH' });
    expect(await leftovers()).toEqual([]);
  });

  it('is refused when its source does not have the promised checksum', async () => {
    await expect(copy(convert(), { checksum: `sha256:${'0'.repeat(64)}` })).rejects.toMatchObject({
      code: 'VERIFY_FAILED',
      origin: 'source',
    });
  });
});
