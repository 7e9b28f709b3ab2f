import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { open, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ImageError } from '@image-api/driver';
import type { TransferReport, TransferRequest } from '@image-api/driver';
import { describe, expect, it } from 'vitest';
import { createImageApi } from '../src/index.ts';
import type { CopyOptions, TaskResult } from '../src/index.ts';
import { apiWith, folder, from, leftovers, start, to } from './sandbox.ts';
import { scriptedDriver } from './scripted-driver.ts';
import type { Script, Step } from './scripted-driver.ts';

const mebibyte = 2 ** 20;
const installed = spawnSync('qemu-img', ['--version']).status === 0;
const claims = { readyEarly: true, convert: { from: ['raw'], to: ['qcow2'] } } as const;
const wish: CopyOptions = { toFormat: 'qcow2', needs: ['readyEarly'] };
const everything: TransferReport = { counters: {} };

/** Hands the image out, then does what a driver does until it is over. */
function handingOut(then: (request: TransferRequest) => Promise<TransferReport>, { writable = true } = {}): Step {
  return async (request, context) => {
    context.ready({ uri: 'nbd+unix:///disk?socket=/nowhere', format: 'raw', writable, release: () => Promise.resolve() });
    return then(request);
  };
}

/** Puts a qcow2 of the source into the staging file, which keeps its inode. */
async function fill({ to: { path } }: TransferRequest, ...options: string[]): Promise<TransferReport> {
  const made = join(folder, 'made');
  execFileSync('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', ...options, from, made]);
  execFileSync('sh', ['-c', 'cat "$1" >"$2"', 'sh', made, path]);
  await rm(made);
  return everything;
}

async function writeAsGuest(path: string): Promise<void> {
  execFileSync('qemu-io', ['-f', 'qcow2', '-c', 'write -q -P 7 0 64k', path]);
}

/** A table of a disk without which its clusters are in use and counted as free. */
async function spoil(path: string): Promise<void> {
  const file = await open(path, 'r+');
  const table = Number((await file.read(Buffer.alloc(8), 0, 8, 48)).buffer.readBigUInt64BE());
  const block = Number((await file.read(Buffer.alloc(8), 0, 8, table)).buffer.readBigUInt64BE());
  await file.write(Buffer.alloc(65_536), 0, 65_536, block);
  await file.close();
}

async function copy(steps: readonly Step[], options: CopyOptions = {}, capabilities: Script['capabilities'] = claims): Promise<TaskResult> {
  const disk = Buffer.alloc(4 * mebibyte);
  randomBytes(mebibyte).copy(disk, 2 * mebibyte);
  await writeFile(from, disk);
  return start({ capabilities, steps }, { ...wish, ...options }).wait();
}

describe.skipIf(!installed)(`an image that was used while it came${installed ? '' : ' (skipped: qemu-img is not installed)'}`, () => {
  it.each(['size', 'sha256'] as const)('need not equal its source, and is checked in itself: verify %s', async (verify) => {
    const step = handingOut(async (request) => {
      await fill(request);
      await writeAsGuest(request.to.path);
      return everything;
    });
    expect((await copy([step], { verify })).verified).toEqual({ by: 'chain' });
    expect(await leftovers()).toEqual(['copy.raw']);
  });

  it('is not published when it is not sound', async () => {
    const step = handingOut(async (request) => {
      await fill(request);
      await spoil(request.to.path);
      return everything;
    });
    await expect(copy([step])).rejects.toMatchObject({ code: 'VERIFY_FAILED', origin: 'destination' });
    expect(await leftovers()).not.toContain('copy.raw');
  });

  it('is not published when it still needs another', async () => {
    const step = handingOut((request) => fill(request, '-B', from, '-F', 'raw'));
    await expect(copy([step])).rejects.toMatchObject({ code: 'UNSAFE_IMAGE' });
    expect(await leftovers()).not.toContain('copy.raw');
  });

  it('is compared with its source when nobody could write to it', async () => {
    const right = handingOut(fill, { writable: false });
    expect((await copy([right], { verify: 'sha256' })).verified).toEqual({ by: 'content' });
    await rm(to);
    const wrong = handingOut(
      async (request) => {
        await fill(request);
        await writeAsGuest(request.to.path);
        return everything;
      },
      { writable: false },
    );
    await expect(copy([wrong], { verify: 'sha256' })).rejects.toMatchObject({ code: 'VERIFY_FAILED' });
  });

  it('is gone on from by the next try, whatever the driver claims', async () => {
    let held: string | undefined;
    let found: Buffer | undefined;
    const fails = handingOut(async (request) => {
      await fill(request);
      await writeAsGuest(request.to.path);
      throw new ImageError('the daemon died', { code: 'TOOL_FAILED', origin: 'driver', retryable: true });
    });
    const goesOn = handingOut(async (request) => {
      held = request.held;
      found = await readFile(request.to.path);
      return everything;
    });
    expect((await copy([fails, goesOn])).attempts).toHaveLength(2);
    expect(held).toBe('resume');
    expect(found?.length).toBeGreaterThan(mebibyte);
  });

  it('is kept when the copy fails for good, because what a guest wrote is nowhere else', async () => {
    const fails = handingOut(async (request) => {
      await fill(request);
      throw new ImageError('the source changed', { code: 'SOURCE_CHANGED', origin: 'source' });
    });
    const error = (await copy([fails]).catch((thrown: unknown) => thrown)) as ImageError;
    expect(error).toMatchObject({ code: 'SOURCE_CHANGED', details: { kept: expect.stringMatching(/\.part$/) } });
    expect(error.message).toContain('is kept in file://');
    expect(await leftovers()).toHaveLength(1);
  });

  it('is not removed by another copy that cannot go on from it, because what a guest wrote is nowhere else', async () => {
    const fails = handingOut(async (request) => {
      await fill(request);
      throw new ImageError('the line went down', { code: 'UNREACHABLE', origin: 'source' });
    });
    await expect(copy([fails])).rejects.toMatchObject({ code: 'UNREACHABLE' });
    const [left] = await leftovers();
    // The same source, so that the file is found again.
    await expect(start({ capabilities: claims }, wish).wait()).rejects.toMatchObject({ code: 'DESTINATION_EXISTS', untouched: true });
    expect(await leftovers()).toEqual([left]);
  });

  it('is removed when the copy is cancelled', async () => {
    const { api } = apiWith([{ capabilities: claims, steps: ['hang'] }]);
    const task = api.copy(from, to, wish);
    for await (const event of task) if (event.type === 'progress') break;
    expect(await task.cancel()).toBe('cancelled');
    expect(await leftovers()).toEqual([]);
  });

  it('is not published when it was let go of before it was complete, and is gone on from another time', async () => {
    const step = handingOut(async (request) => ({ ...(await fill(request)), incomplete: true }));
    const result = await copy([step]);
    expect(result.verified).toMatchObject({ by: 'unverified' });
    const [left, ...more] = await leftovers();
    expect(more).toEqual([]);
    expect(result.incomplete).toMatch(/\.part$/);
    expect(result.incomplete).toContain(left);
  });

  it('never shares a staging file with a copy of the bytes as they are', async () => {
    const asked: string[] = [];
    const remember: Step = (request) => {
      asked.push(request.to.path);
      return Promise.reject(new ImageError('enough', { code: 'TOOL_FAILED', origin: 'driver' }));
    };
    const script: Script = { capabilities: { readyEarly: true }, steps: [remember] };
    await expect(start(script).wait()).rejects.toThrow('enough');
    await expect(start(script, { needs: ['readyEarly'] }).wait()).rejects.toThrow('enough');
    expect(new Set(asked).size).toBe(2);
  });
});

describe('what no host can look at', () => {
  const sum = (digit: string): `sha256:${string}` => `sha256:${digit.repeat(64)}`;
  const place = 'nbd://127.0.0.1/disk';

  async function verified(report: Omit<TransferReport, 'counters'>, options: CopyOptions = {}): Promise<TaskResult['verified']> {
    const driver = scriptedDriver({ steps: [() => Promise.resolve({ counters: {}, ...report })] });
    const inPlace = { ...driver, capabilities: { routes: [{ from: 'file', to: 'nbd', inPlace: true } as const] } };
    const api = createImageApi({ drivers: [inPlace], retry: { attempts: 1 } });
    try {
      return (await api.copy(from, place, { overwrite: 'replace', ...options }).wait()).verified;
    } finally {
      await api.dispose();
    }
  }

  it('is verified by what the driver read back', async () => {
    const right = { fromDigest: sum('a'), toDigest: sum('a') };
    expect(await verified(right, { verify: 'sha256' })).toEqual({ by: 'sha256', digest: sum('a') });
    await expect(verified({ ...right, toDigest: sum('b') }, { verify: 'sha256' })).rejects.toMatchObject({ code: 'VERIFY_FAILED' });
  });

  it('is not called verified when nobody read it back', async () => {
    expect(await verified({}, { verify: 'sha256' })).toMatchObject({ by: 'unverified' });
    expect(await verified({})).toMatchObject({ by: 'unverified' });
  });

  it('is verified by the outcome of a job where that is all there is', async () => {
    expect(await verified({ chain: true })).toEqual({ by: 'chain' });
  });
});
