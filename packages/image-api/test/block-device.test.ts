import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, open, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createImageApi } from '../src/index.ts';
import { scriptedDriver } from './scripted-driver.ts';
import type { Step } from './scripted-driver.ts';

const content = randomBytes(100_000);

/** Loop devices are for root, and not every container has them. */
function whyNot(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root';
  try {
    execFileSync('losetup', ['--find'], { stdio: 'pipe' });
    return undefined;
  } catch {
    return 'needs loop devices';
  }
}

const missing = whyNot();
if (missing !== undefined) console.warn(`block device tests are skipped: ${missing}`);

describe.skipIf(missing !== undefined)('a block device as destination', () => {
  let folder: string;
  let from: string;
  let device: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'image-api-device-'));
    from = join(folder, 'disk.raw');
    await writeFile(from, content);
    await writeFile(join(folder, 'device'), '');
    await truncate(join(folder, 'device'), 2 ** 20);
    device = execFileSync('losetup', ['--find', '--show', join(folder, 'device')], { encoding: 'utf8' }).trim();
  });

  afterEach(async () => {
    execFileSync('losetup', ['--detach', device]);
    await rm(folder, { recursive: true });
  });

  const write: Step = async (request) => {
    const file = await open(request.to.path, 'r+');
    await file.writeFile(content);
    await file.close();
    return { counters: {} };
  };

  async function copy(
    step: Step,
    options: { overwrite?: 'replace' } = { overwrite: 'replace' },
  ): ReturnType<ReturnType<typeof task>['wait']> {
    return task(step, options).wait();
  }

  function task(step: Step, options: { overwrite?: 'replace' }): ReturnType<ReturnType<typeof createImageApi>['copy']> {
    return createImageApi({ drivers: [scriptedDriver({ steps: [step] })] }).copy(from, device, { ...options, verify: 'sha256' });
  }

  it('is written in place, and its digest is of the image, not of what is behind it', async () => {
    const result = await copy(write);
    expect(result.verified.by).toBe('sha256');
  });

  it('needs leave to be written over', async () => {
    await expect(copy(write, {})).rejects.toMatchObject({ code: 'DESTINATION_EXISTS' });
  });

  it('that shows the source itself is refused before anything is written', async () => {
    await writeFile(join(folder, 'device'), content);
    const api = createImageApi({ drivers: [scriptedDriver({ steps: [write] })] });
    await expect(api.copy(join(folder, 'device'), device, { overwrite: 'replace' }).wait()).rejects.toMatchObject({ code: 'SAME_FILE' });
    expect((await readFile(join(folder, 'device'))).subarray(0, content.length)).toEqual(content);
  });

  it('that is a part of the source, or has it as a part, is refused', async (context) => {
    execFileSync('losetup', ['--detach', device]);
    device = execFileSync('losetup', ['--partscan', '--find', '--show', join(folder, 'device')], { encoding: 'utf8' }).trim();
    for (const [number, start] of [
      ['1', '128'],
      ['2', '1024'],
    ] as const)
      execFileSync('addpart', [device, number, start, '512']);
    const [first, second] = [`${device}p1`, `${device}p2`];
    context.skip(!existsSync(second), 'partitions get no node here');
    const api = createImageApi({ drivers: [scriptedDriver({ steps: [write] })] });
    const plan = (from: string, to: string): Promise<unknown> => api.plan(from, to, { overwrite: 'replace' });
    for (const [from, to] of [
      [first, device],
      [device, first],
      [join(folder, 'device'), second],
    ] as const)
      await expect(plan(from, to), `${from} to ${to}`).rejects.toMatchObject({ code: 'SAME_FILE' });
    expect(await plan(first, second)).toMatchObject({ driver: 'scripted' });
  });

  it('that does not hold what was sent is said to be unfit for use', async () => {
    await expect(copy(() => Promise.resolve({ counters: {} }))).rejects.toMatchObject({
      code: 'VERIFY_FAILED',
      message: expect.stringContaining('must not be used'),
    });
  });

  it('that another copy is writing to is refused', async () => {
    const hanging = task('hang', { overwrite: 'replace' });
    for await (const event of hanging) if (event.type === 'progress' && event.progress.bytesLogical > 0) break;
    await expect(copy(write)).rejects.toMatchObject({ code: 'DESTINATION_BUSY' });
    expect(await hanging.cancel()).toBe('cancelled');
  });

  it('that the system uses is refused before anything is written', async () => {
    execFileSync('mkfs.ext4', ['-q', device], { stdio: 'pipe' });
    const mounted = await mkdtemp(join(tmpdir(), 'image-api-mounted-'));
    execFileSync('mount', [device, mounted]);
    try {
      await expect(copy(write)).rejects.toMatchObject({ code: 'DESTINATION_BUSY' });
    } finally {
      execFileSync('umount', [mounted]);
      await rm(mounted, { recursive: true });
    }
  });
});
