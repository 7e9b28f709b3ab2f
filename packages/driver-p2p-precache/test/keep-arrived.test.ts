import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ArrivedImage } from '@image-api/driver';
import { createHosts } from '@image-api/host';
import { expect, it } from 'vitest';
import { p2pPrecache } from '../src/index.ts';
import type { P2pPrecacheDriver, P2pPrecacheOptions } from '../src/index.ts';
import { arrivedAt, env, known, offerOf, requestFor, transferring } from './asking.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const mib = 2 ** 20;

interface Scene {
  readonly directory: string;
  readonly driver: P2pPrecacheDriver;
  readonly image: ArrivedImage;
  readonly sha256: string;
  /** What the driver is told by the core. */
  arrived(image?: ArrivedImage, signal?: AbortSignal): Promise<void>;
  /** Everything in the cache but its folders. */
  inCache(): Promise<readonly string[]>;
}

/** 4 MiB of noise and a hole of as many, that a copy has just brought. */
async function scene(options: P2pPrecacheOptions = {}): Promise<Scene> {
  const directory = await temporaryDirectory();
  const path = join(directory, 'disk.raw');
  await writeFile(path, randomBytes(4 * mib));
  await truncate(path, 8 * mib);
  const image = await arrivedAt(path);
  const cacheDir = join(directory, 'cache');
  const driver = p2pPrecache({ cacheDir, keepArrived: 'copy', ...options });
  const inCache: Scene['inCache'] = async () => {
    const found = await readdir(cacheDir, { recursive: true, withFileTypes: true }).catch(() => []);
    return found.filter((entry) => entry.isFile()).map(({ name }) => name);
  };
  const arrived: Scene['arrived'] = async (which = image, signal = new AbortController().signal) =>
    driver.arrived?.(which, { env, signal });
  return { directory, driver, image, sha256: image.digest.slice(7), arrived, inCache };
}

const digestOf = async (path: string): Promise<string> =>
  createHash('sha256')
    .update(await readFile(path))
    .digest('hex');

it('is not asked to keep what arrives unless it is told so', () => {
  expect(p2pPrecache({ cacheDir: '/nonexistent' }).arrived).toBeUndefined();
  expect(() => p2pPrecache({ keepArrived: 'yes' as 'copy' })).toThrow('keepArrived is "yes"; it takes');
});

it('keeps what arrived as it was, without its holes, and gives it to the next copy', async () => {
  const { driver, image, sha256, arrived, directory } = await scene();
  await arrived();
  const entry = await driver.cache.find(sha256);
  expect(entry).toMatchObject({ manifest: { sha256, size: 8 * mib, zeroPieces: [[16, 32]] } });
  expect(entry?.allocated).toBeLessThan(5 * mib);
  expect((await stat(entry?.path ?? '')).mode & 0o777).toBe(0o400);
  // Whoever wanted the image has it in use by now.
  await writeFile(image.path, 'written to by its guest');
  expect(await driver.cache.verify(sha256)).toBe('sound');
  const again = await requestFor({ ...(await known(image.path)), href: 'ssh://host/gone.raw', scheme: 'ssh' }, join(directory, 'b.part'), {
    digest: image.digest,
  });
  expect(await offerOf(driver, again)).toMatchObject({ accept: true, reason: expect.stringContaining('in the cache') as string });
  const { report } = await transferring((context) => driver.transfer(again, context));
  expect(report.counters.bytesSent).toBe(0);
  expect(await digestOf(again.to.path)).toBe(sha256);
});

it('keeps nothing of an image that is another one by now, and leaves nothing', async () => {
  const { driver, image, sha256, arrived, inCache } = await scene();
  const file = await open(image.path, 'r+');
  await file.write('its guest was quick', 17);
  await file.close();
  const changed = await digestOf(image.path);
  await expect(arrived()).rejects.toMatchObject({ code: 'VERIFY_FAILED', message: expect.stringContaining(changed) as string });
  expect(await driver.cache.list()).toEqual([]);
  expect(await driver.cache.find(sha256)).toBeUndefined();
  expect(await inCache()).toEqual([]);
});

it('keeps nothing that is gone by now, and leaves nothing', async () => {
  const { image, arrived, inCache } = await scene();
  await expect(arrived({ ...image, path: `${image.path}.gone` })).rejects.toMatchObject({
    message: expect.stringContaining('disk.raw') as string,
  });
  expect(await inCache()).toEqual([]);
});

it('never has more than it may: others go that may go, else this one is not kept', async () => {
  const { driver, image, sha256, arrived, directory } = await scene({ maxSize: 9 * mib, minAgeMs: 0 });
  const put = async (name: string): Promise<string> =>
    (await driver.cache.put({ from: name }, async (path) => (await writeFile(path, randomBytes(4 * mib)), {}))).entry.sha256;
  const [oldest, newer] = [await put('a'), await put('b')];
  await driver.cache.pin(newer, true);
  await arrived();
  expect((await driver.cache.list()).map((entry) => entry.sha256).toSorted()).toEqual([sha256, newer].toSorted());
  expect(await driver.cache.find(oldest)).toBeUndefined();
  await driver.cache.pin(sha256, true);
  const other = join(directory, 'other.raw');
  await writeFile(other, randomBytes(4 * mib));
  await expect(arrived(await arrivedAt(other))).rejects.toMatchObject({
    code: 'NO_SPACE',
    message: expect.stringContaining('maxSize') as string,
  });
  expect((await driver.cache.list()).map((entry) => entry.sha256).toSorted()).toEqual([sha256, newer].toSorted());
  const small = p2pPrecache({ cacheDir: join(directory, 'small'), maxSize: mib, keepArrived: 'copy' });
  await expect(small.arrived?.(image, { env, signal: new AbortController().signal })).rejects.toMatchObject({ code: 'NO_SPACE' });
  expect(await readdir(directory)).not.toContain('small');
});

it('is filled once by copies that end at the same time', async () => {
  const { driver, image, sha256, arrived, inCache } = await scene();
  await Promise.all([arrived(), arrived(), arrived({ ...image, path: image.path })]);
  await arrived();
  expect((await driver.cache.list()).map((entry) => entry.sha256)).toEqual([sha256]);
  expect((await inCache()).toSorted()).toEqual(['checked', 'image', 'image.torrent', 'manifest.json', 'used', sha256].toSorted());
});

it('neither waits for who fetches the same image, nor takes it from under their hands', async () => {
  const { driver, sha256, arrived } = await scene();
  const { part, lock } = driver.cache.placesOf(sha256);
  await mkdir(dirname(part), { recursive: true, mode: 0o700 });
  await mkdir(dirname(lock), { recursive: true, mode: 0o700 });
  await writeFile(part, 'half of it');
  const claim = await createHosts().local.claim(lock);
  await arrived();
  expect(await driver.cache.find(sha256)).toBeUndefined();
  expect(await readFile(part, 'utf8')).toBe('half of it');
  await claim.release();
  await arrived();
  expect(await driver.cache.verify(sha256)).toBe('sound');
  expect(await readdir(dirname(part))).toEqual(['image', 'image.torrent', 'manifest.json']);
});

it('leaves nothing when the copy is cancelled meanwhile', async () => {
  const { driver, arrived, inCache } = await scene();
  await expect(arrived(undefined, AbortSignal.abort())).rejects.toMatchObject({ code: 'CANCELLED' });
  expect(await driver.cache.list()).toEqual([]);
  expect(await inCache()).toEqual([]);
});

it('keeps nothing that came at idle priority, and says so', async () => {
  const { driver, image, arrived } = await scene();
  await expect(arrived({ ...image, priority: 'idle' })).rejects.toMatchObject({
    message: expect.stringContaining('imagectl precache') as string,
  });
  expect(await driver.cache.list()).toEqual([]);
});

it('does not look at what was copied into the cache', async () => {
  const { driver, arrived, directory } = await scene();
  await arrived(await arrivedAt(join(directory, 'disk.raw')).then((image) => ({ ...image, path: join(directory, 'cache', 'x') })));
  expect(await driver.cache.list()).toEqual([]);
});
