import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { chmod, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { imagectl, isBuilt, testDirectory } from './run-imagectl.ts';
import type { Ended } from './run-imagectl.ts';

interface Scene {
  readonly directory: string;
  readonly sha256: string;
  readonly uri: string;
  run(...words: readonly string[]): Promise<Ended>;
}

/** A directory with an image, and a config whose cache is in it. */
async function scene(): Promise<Scene> {
  const directory = await testDirectory();
  const content = randomBytes(2 ** 20);
  await writeFile(join(directory, 'a disk.raw'), content);
  const config = { drivers: ['cp', 'rsync', ['p2p-precache', { cacheDir: join(directory, 'cache') }]] };
  await writeFile(join(directory, 'image-api.config.json'), JSON.stringify(config));
  const sha256 = createHash('sha256').update(content).digest('hex');
  return { directory, sha256, uri: `p2p:sha256-${sha256}`, run: (...words) => imagectl(directory, ...words) };
}

const last = ({ stdout }: Ended): unknown => JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');

describe.skipIf(!isBuilt)('imagectl precache', { timeout: 30_000 }, () => {
  it('prints the address of the image, from which the next copy comes', async () => {
    const { directory, run, uri } = await scene();
    const { status, stdout, stderr } = await run('precache', 'a disk.raw');
    expect({ status, stdout }).toEqual({ status: 0, stdout: `${uri}\n` });
    expect(stderr).toMatch(/^imagectl: cp copies .*a%20disk\.raw.*\n(imagectl: check .*\n)*imagectl: cached file:.*1 MiB.*\n$/);
    const copied = await run('copy', uri, 'b.raw', '--json');
    expect(last(copied)).toMatchObject({ type: 'result', driver: 'p2p-precache', verified: { by: 'size' } });
    expect(execFileSync('cmp', ['a disk.raw', 'b.raw'], { cwd: directory, encoding: 'utf8' })).toBe('');
  });

  it('makes a copy by digest come from the cache, wherever the image would else come from', async () => {
    const { directory, run, sha256 } = await scene();
    await run('precache', 'a disk.raw');
    const plan = JSON.parse((await run('plan', 'a disk.raw', 'b.raw', '--checksum', `sha256:${sha256}`, '--json')).stdout) as object;
    expect(plan).toMatchObject({
      driver: 'p2p-precache',
      candidates: [{ reason: expect.stringContaining('in the cache') as string }, {}, {}],
    });
    const copied = await run('copy', 'a disk.raw', 'b.raw', '--checksum', `sha256:${sha256}`, '--json');
    expect(last(copied)).toMatchObject({ driver: 'p2p-precache', verified: { by: 'sha256', digest: `sha256:${sha256}` } });
    expect((await readdir(directory)).toSorted()).toEqual(['a disk.raw', 'b.raw', 'cache', 'image-api.config.json']);
  });

  it('does not fetch what is there, and says so', async () => {
    const { run, sha256, uri } = await scene();
    const words = ['precache', 'a disk.raw', '--checksum', `sha256:${sha256}`, '--json'];
    const first = await run(...words);
    expect(last(first)).toMatchObject({ type: 'result', uri, sha256, size: 2 ** 20, format: 'raw', fetched: true });
    expect(first.stdout.split('\n').filter((line) => line.includes('"type":"result"'))).toHaveLength(1);
    const { stdout } = await run(...words, '--quiet');
    expect(JSON.parse(stdout)).toMatchObject({ type: 'result', uri, fetched: false });
  });

  it('ends with 8, and caches nothing, when the image is another', async () => {
    const { run } = await scene();
    const ended = await run('precache', 'a disk.raw', '--checksum', `sha256:${'0'.repeat(64)}`, '--json');
    expect(ended.status).toBe(8);
    expect(last(ended)).toMatchObject({ type: 'error', code: 'VERIFY_FAILED' });
    expect(JSON.parse((await run('cache', 'ls', '--json')).stdout)).toMatchObject({ images: [] });
  });

  it('ends with 3 where nobody can fetch it, and with 4 where it is not', async () => {
    const { run } = await scene();
    expect(await run('precache', `p2p:sha256-${'0'.repeat(64)}`)).toMatchObject({ status: 3 });
    expect(await run('precache', 'none.raw')).toMatchObject({ status: 4 });
  });
});

describe.skipIf(!isBuilt)('imagectl cache', { timeout: 30_000 }, () => {
  it('lists, pins, unpins and removes images by the beginning of their digests', async () => {
    const { run, sha256, uri } = await scene();
    expect((await run('cache', 'ls')).stdout).toMatch(/^the cache .*\/cache is empty\n$/);
    await run('precache', 'a disk.raw', '--quiet');
    const listed = async (): Promise<unknown> => JSON.parse((await run('cache', 'ls', '--json')).stdout);
    expect(await listed()).toMatchObject({ images: [{ uri, sha256, size: 2 ** 20, format: 'raw', pinned: false, inUse: false }] });
    expect(await run('cache', 'pin', sha256.slice(0, 8))).toMatchObject({ status: 0, stdout: expect.stringContaining(uri) as string });
    expect(await listed()).toMatchObject({ images: [{ pinned: true }] });
    expect(JSON.parse((await run('cache', 'unpin', uri, '--json')).stdout)).toEqual({ done: 'unpin', images: [sha256] });
    expect(await listed()).toMatchObject({ images: [{ pinned: false }] });
    expect(await run('cache', 'rm', uri)).toMatchObject({ status: 0 });
    expect(await listed()).toMatchObject({ images: [] });
    expect(await run('cache', 'rm', uri)).toMatchObject({ status: 4 });
    expect(await run('cache', 'rm', 'nothing')).toMatchObject({ status: 2 });
  });

  it('finds out a damaged image, removes it, and ends with 8', async () => {
    const { directory, run, sha256, uri } = await scene();
    await run('precache', 'a disk.raw', '--quiet');
    expect(await run('cache', 'verify')).toMatchObject({ status: 0, stdout: `${uri} is as it was\n` });
    const path = join(directory, 'cache', 'sha256', sha256, 'image');
    const content = await readFile(path);
    content[7] = (content[7] ?? 0) ^ 1;
    await chmod(path, 0o600);
    await writeFile(path, content);
    const ended = await run('cache', 'verify', uri, '--json');
    expect(ended).toMatchObject({ status: 8 });
    expect(JSON.parse(ended.stdout)).toEqual({ checked: [{ sha256, soundness: 'damaged' }] });
    expect((await run('cache', 'ls')).stdout).toContain('is empty');
  });

  it('removes what is too much, unless it was used just now', async () => {
    const { directory, run, sha256 } = await scene();
    await run('precache', 'a disk.raw', '--quiet');
    expect((await run('cache', 'gc', '--max-size', '1KiB')).stdout).toMatch(/^0 removed.*\n.* more would have to go/);
    execFileSync('touch', ['--date=2 hours ago', join(directory, 'cache', 'state', sha256, 'used')]);
    expect(JSON.parse((await run('cache', 'gc', '--max-size', '1KiB', '--dry-run', '--json')).stdout)).toMatchObject({
      removed: [{ sha256 }],
      dryRun: true,
    });
    expect((await run('cache', 'gc', '--max-size', '1KiB')).stdout).toMatch(/1 removed, 1 MiB freed\n$/);
    expect(await run('cache', 'gc', '--max-size', 'much')).toMatchObject({ status: 2 });
  });
});
