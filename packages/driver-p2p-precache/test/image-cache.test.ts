import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, open, readFile, readdir, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { p2pPrecache } from '../src/index.ts';
import type { Fetch, ImageCache, P2pPrecacheOptions } from '../src/index.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const mib = 2 ** 20;

interface Scene {
  readonly cacheDir: string;
  readonly cache: ImageCache;
  /** An image somewhere else, and its digest. */
  readonly image: string;
  readonly sha256: string;
  readonly fetch: Fetch;
  /** How often it was fetched. */
  readonly fetched: string[];
}

async function scene(options: P2pPrecacheOptions = {}, content: Uint8Array = randomBytes(3 * mib + 7)): Promise<Scene> {
  const directory = await temporaryDirectory();
  const [cacheDir, image] = [join(directory, 'cache'), join(directory, 'image.raw')];
  await writeFile(image, content);
  const fetched: string[] = [];
  const fetch: Fetch = async (path) => {
    fetched.push(path);
    await copyFile(image, path);
    return { format: 'raw' };
  };
  const sha256 = createHash('sha256').update(content).digest('hex');
  return { cacheDir, cache: p2pPrecache({ cacheDir, ...options }).cache, image, sha256, fetch, fetched };
}

/** Change a byte, as a disk that rots does: no time tells of it. */
async function rot(path: string): Promise<void> {
  const times = `${path}.times`;
  execFileSync('touch', ['--reference', path, times]);
  await chmod(path, 0o600);
  const file = await open(path, 'r+');
  await file.write('!', 5);
  await file.close();
  execFileSync('touch', ['--reference', times, path]);
}

describe('an image that is put into the cache', () => {
  it('is there as it was, cannot be written to, and has its manifest and torrent beside it', async () => {
    const { cache, image, sha256, fetch } = await scene();
    const { entry, fetched } = await cache.put({ from: image, sha256 }, fetch);
    expect(fetched).toBe(true);
    expect(entry).toMatchObject({ sha256, manifest: { sha256, size: 3 * mib + 7, format: 'raw', pieceLength: mib / 4 }, pinned: false });
    expect((await readFile(entry.path)).equals(await readFile(image))).toBe(true);
    expect((await stat(entry.path)).mode & 0o777).toBe(0o400);
    expect((await readdir(join(entry.path, '..'))).toSorted()).toEqual(['image', 'image.torrent', 'manifest.json']);
    expect(await cache.find(sha256)).toEqual(entry);
    expect(await cache.list()).toEqual([entry]);
  });

  it('is not fetched again, by whatever name it comes', async () => {
    const { cache, image, sha256, fetch, fetched } = await scene();
    await cache.put({ from: image }, fetch);
    expect(await cache.put({ from: 'ssh://elsewhere/a.raw', sha256 }, fetch)).toMatchObject({ fetched: false });
    expect(fetched).toHaveLength(1);
    expect(await cache.put({ from: 'ssh://elsewhere/b.raw' }, fetch)).toMatchObject({ fetched: false, entry: { sha256 } });
    expect(await cache.list()).toHaveLength(1);
  });

  it('is refused when it does not have its digest, and nothing of it is left', async () => {
    const { cacheDir, cache, image, fetch, fetched } = await scene();
    const promised = '0'.repeat(64);
    const filling = cache.put({ from: image, sha256: promised }, fetch);
    await expect(filling).rejects.toMatchObject({
      code: 'VERIFY_FAILED',
      origin: 'source',
      message: expect.stringContaining(promised) as string,
    });
    expect(await cache.find(promised)).toBeUndefined();
    expect(existsSync(fetched[0] ?? '')).toBe(false);
    for (const folder of ['sha256', 'locks', 'trash']) expect(await readdir(join(cacheDir, folder))).toEqual([]);
  });

  it('has a digest, and nothing else is a name of it', async () => {
    const { cache, cacheDir, image, fetch } = await scene();
    for (const sha256 of ['../../escaped', '', 'A'.repeat(64)])
      await expect(cache.put({ from: image, sha256 }, fetch), sha256).rejects.toMatchObject({ code: 'BAD_OPTION', origin: 'caller' });
    await expect(cache.find('../../escaped')).rejects.toMatchObject({ code: 'BAD_OPTION' });
    expect(existsSync(cacheDir)).toBe(false);
  });

  it('lets go of what was not used for longest when there is too much', async () => {
    const { cache, cacheDir, image, fetch } = await scene({ maxSize: 4 * mib });
    const { entry } = await cache.put({ from: image }, fetch);
    execFileSync('touch', ['--date=2 hours ago', join(cacheDir, 'state', entry.sha256, 'used')]);
    const other = await cache.put({ from: 'another' }, async (path) => {
      await writeFile(path, randomBytes(3 * mib));
      return {};
    });
    expect(await cache.list()).toEqual([other.entry]);
  });

  it('can be fetched again after that failed', async () => {
    const { cache, image, sha256, fetch } = await scene();
    const failing = cache.put({ from: image, sha256 }, () => Promise.reject(new Error('no network')));
    await expect(failing).rejects.toThrow('no network');
    expect(await cache.put({ from: image, sha256 }, fetch)).toMatchObject({ fetched: true });
  });

  it('is taken as it is when all of it had arrived and is right, and fetched when it is not', async () => {
    for (const [kept, times] of [
      [true, 0],
      [false, 1],
    ] as const) {
      const { cacheDir, cache, image, sha256, fetch, fetched } = await scene();
      const part = join(cacheDir, 'sha256', sha256, 'image.part');
      await mkdir(join(part, '..'), { recursive: true });
      await (kept ? copyFile(image, part) : writeFile(part, 'another'));
      expect(await cache.put({ from: image, sha256 }, fetch)).toMatchObject({ entry: { sha256 } });
      expect(fetched).toHaveLength(times);
    }
  });

  it('is not looked at in a directory that others may write to, or that is none', async () => {
    const { cacheDir, cache, image, fetch, fetched } = await scene();
    await mkdir(cacheDir);
    await chmod(cacheDir, 0o777);
    await expect(cache.put({ from: image }, fetch)).rejects.toMatchObject({
      code: 'BAD_OPTION',
      message: expect.stringContaining(cacheDir) as string,
    });
    const other = join(cacheDir, '..', 'link');
    await symlink(cacheDir, other);
    await expect(p2pPrecache({ cacheDir: other }).cache.put({ from: image }, fetch)).rejects.toMatchObject({ code: 'BAD_OPTION' });
    expect(fetched).toEqual([]);
  });
});

describe('an entry of the cache', () => {
  it('that somebody wrote to is not handed out, and goes', async () => {
    const { cache, image, sha256, fetch } = await scene();
    const { entry } = await cache.put({ from: image, sha256 }, fetch);
    await chmod(entry.path, 0o600);
    await writeFile(entry.path, randomBytes(entry.manifest.size));
    const using = cache.use(sha256, () => Promise.resolve('used'));
    await expect(using).rejects.toMatchObject({ code: 'VERIFY_FAILED', untouched: true });
    expect(await cache.find(sha256)).toBeUndefined();
    await expect(cache.use(sha256, () => Promise.resolve())).rejects.toMatchObject({ code: 'SOURCE_MISSING', untouched: true });
  });

  it('that rotted is found out when it is checked, and, when that was long ago, before it is used', async () => {
    const { cache, cacheDir, image, sha256, fetch } = await scene();
    const { entry } = await cache.put({ from: image, sha256 }, fetch);
    expect(await cache.verify(sha256)).toBe('sound');
    await rot(entry.path);
    expect(await cache.use(sha256, () => Promise.resolve('not due'))).toBe('not due');
    const strict = p2pPrecache({ cacheDir, checkAfterMs: 0 }).cache;
    await expect(strict.use(sha256, () => Promise.resolve())).rejects.toMatchObject({ code: 'VERIFY_FAILED' });
    await cache.put({ from: image, sha256 }, fetch);
    await rot(entry.path);
    expect(await cache.verify(sha256)).toBe('damaged');
    expect(await cache.verify(sha256)).toBe('missing');
  });

  it('that was checked long ago is checked once, not at every use', async () => {
    const { cacheDir, cache, image, sha256, fetch } = await scene({ checkAfterMs: 3_600_000 });
    const { entry } = await cache.put({ from: image, sha256 }, fetch);
    const longAgo = new Date(Date.now() - 7_200_000);
    await utimes(join(cacheDir, 'state', sha256, 'checked'), longAgo, longAgo);
    expect(cache.isDue((await cache.find(sha256)) ?? entry)).toBe(true);
    await cache.use(sha256, () => Promise.resolve());
    expect(cache.isDue((await cache.find(sha256)) ?? entry)).toBe(false);
  });

  it('without a whole manifest, or of another length, is none', async () => {
    const { cache, cacheDir, image, sha256, fetch } = await scene();
    const { entry } = await cache.put({ from: image, sha256 }, fetch);
    const manifest = join(cacheDir, 'sha256', sha256, 'manifest.json');
    const text = await readFile(manifest, 'utf8');
    await chmod(manifest, 0o600);
    await writeFile(manifest, text.slice(0, 30));
    expect(await cache.find(sha256)).toBeUndefined();
    await writeFile(manifest, text);
    expect(await cache.find(sha256)).toBeDefined();
    execFileSync('truncate', ['--size=-1', entry.path]);
    expect(await cache.find(sha256)).toBeUndefined();
    expect(await cache.list()).toEqual([]);
  });
});

describe('a cache that is too large', () => {
  /** Images that were used one after another, an hour between them; the last one just now. */
  async function filled(count: number, options?: P2pPrecacheOptions): Promise<Scene & { readonly digests: readonly string[] }> {
    const first = await scene(options);
    const digests: string[] = [];
    for (let index = 0; index < count; index += 1) {
      const { entry } = await first.cache.put({ from: `image ${index}` }, async (path) => {
        await writeFile(path, randomBytes(mib));
        return {};
      });
      const used = new Date(Date.now() - (count - 1 - index) * 3_600_000);
      await utimes(join(first.cacheDir, 'state', entry.sha256, 'used'), used, used);
      digests.push(entry.sha256);
    }
    return { ...first, digests };
  }
  const left = async ({ cache, digests }: Awaited<ReturnType<typeof filled>>): Promise<number[]> =>
    (await cache.list()).map(({ sha256 }) => digests.indexOf(sha256)).toSorted((one, other) => one - other);

  it('loses what was not used for longest', async () => {
    const scene = await filled(4);
    const { removed } = await scene.cache.collect({ maxSize: 2 * mib });
    expect(removed.map(({ sha256 }) => scene.digests.indexOf(sha256))).toEqual([0, 1]);
    expect(await left(scene)).toEqual([2, 3]);
    expect(await readdir(join(scene.cacheDir, 'trash'))).toEqual([]);
    expect((await readdir(join(scene.cacheDir, 'state'))).length).toBe(2);
  });

  it('keeps what is young, and what is pinned, until it is not', async () => {
    const scene = await filled(4);
    expect(await scene.cache.pin(scene.digests[0] ?? '', true)).toBe(true);
    expect(await scene.cache.collect({ maxSize: 0, minAgeMs: 5_400_000 })).toMatchObject({ removed: [{}], above: 3 * mib });
    expect(await left(scene)).toEqual([0, 2, 3]);
    await scene.cache.pin(scene.digests[0] ?? '', false);
    await scene.cache.collect({ maxSize: 2 * mib });
    expect(await left(scene)).toEqual([2, 3]);
    expect(await scene.cache.pin('0'.repeat(64), true)).toBe(false);
  });

  it('only looks when it is asked to', async () => {
    const scene = await filled(2);
    expect((await scene.cache.collect({ maxSize: 0, minAgeMs: 0, dryRun: true })).removed).toHaveLength(2);
    expect(await left(scene)).toEqual([0, 1]);
  });

  it('does not lose what is in use, nor may it be removed', async () => {
    const scene = await filled(2);
    const [first = ''] = scene.digests;
    await scene.cache.use(first, async () => {
      await scene.cache.collect({ maxSize: 0, minAgeMs: 0 });
      await expect(scene.cache.remove(first)).rejects.toMatchObject({ code: 'DESTINATION_BUSY' });
      expect(await left(scene)).toEqual([0]);
    });
    expect(await scene.cache.remove(first)).toBe(true);
    expect(await scene.cache.remove(first)).toBe(false);
    expect(await left(scene)).toEqual([]);
  });

  it('loses what interrupted fetches left a day ago, and nothing younger', async () => {
    const { cache, cacheDir } = await filled(1);
    const dayAgo = new Date(Date.now() - 25 * 3_600_000);
    for (const [name, when] of [
      ['old', dayAgo],
      ['young', new Date()],
    ] as const) {
      const directory = join(cacheDir, 'incoming', name);
      await mkdir(directory);
      await writeFile(join(directory, 'image.part'), 'a piece');
      for (const path of [join(directory, 'image.part'), directory]) await utimes(path, when, when);
    }
    await cache.collect();
    expect(await readdir(join(cacheDir, 'incoming'))).toEqual(['young']);
    expect(await cache.list()).toHaveLength(1);
  });
});
