import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { chmod, mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TransferRequest } from '@image-api/driver';
import { createHosts } from '@image-api/host';
import { describe, expect, it } from 'vitest';
import { p2pPrecache } from '../src/index.ts';
import type { P2pPrecacheDriver } from '../src/index.ts';
import { known, offerOf, opaque, requestFor, transferring } from './asking.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const mib = 2 ** 20;

interface Scene {
  readonly directory: string;
  readonly driver: P2pPrecacheDriver;
  readonly image: string;
  readonly sha256: string;
  /** A copy of whatever this is to a new file. */
  copyOf(href: string, wish?: Partial<TransferRequest>): Promise<TransferRequest>;
}

async function scene(): Promise<Scene> {
  const directory = await temporaryDirectory();
  const image = join(directory, 'image.raw');
  const content = randomBytes(3 * mib);
  await writeFile(image, content);
  let count = 0;
  return {
    directory,
    driver: p2pPrecache({ cacheDir: join(directory, 'cache') }),
    image,
    sha256: createHash('sha256').update(content).digest('hex'),
    copyOf: (href, wish) => requestFor(opaque(href), join(directory, `to-${(count += 1)}.part`), wish),
  };
}

/** With the image in the cache. */
async function filled(): Promise<Scene> {
  const made = await scene();
  const request = await requestFor(await known(made.image), join(made.directory, 'unused.part'));
  await transferring((context) => made.driver.fill?.(request, context) ?? Promise.reject(new Error('no fill()')));
  return made;
}

describe('offers', () => {
  it('are made for content that is in the cache, wherever it would come from, and cost next to nothing', async () => {
    const { driver, sha256, copyOf } = await filled();
    for (const [href, wish] of [
      [`p2p:sha256-${sha256}`, {}],
      ['https://images.example.org/a.raw', { digest: `sha256:${sha256}` }],
      ['ssh://far/a.raw', { digest: `sha256:${sha256}` }],
    ] as const) {
      const offer = await offerOf(driver, await copyOf(href, wish));
      expect(offer).toMatchObject({ accept: true, reason: expect.stringContaining('in the cache') as string });
      expect(offer.accept && offer.seconds).toBeLessThan(0.1);
    }
  });

  it.each([
    ['content that nobody knows', {}, 'the content is not known'],
    ['content that is not there', { digest: `sha256:${'0'.repeat(64)}` }, 'imagectl precache'],
    ['idle priority', { digest: 'there', priority: 'idle' }, 'idle'],
    ['another format', { digest: 'there', toFormat: 'qcow2' }, 'convert'],
  ] as const)('are refused for %s, in words', async (_, wish, words) => {
    const { driver, sha256, copyOf } = await filled();
    const digest = 'digest' in wish && wish.digest === 'there' ? { digest: `sha256:${sha256}` as const } : {};
    const offer = await offerOf(
      driver,
      await copyOf('https://images.example.org/a.raw', { ...wish, ...digest } as Partial<TransferRequest>),
    );
    expect(offer).toMatchObject({ accept: false, reason: expect.stringContaining(words) as string });
  });

  it('say that an image is checked first when that is due, and reckon with it', async () => {
    const { directory, sha256, copyOf } = await filled();
    const strict = p2pPrecache({ cacheDir: join(directory, 'cache'), checkAfterMs: 0 });
    expect(await offerOf(strict, await copyOf(`p2p:sha256-${sha256}`))).toMatchObject({
      accept: true,
      notes: [expect.stringContaining('checked first')],
    });
  });

  it('hold a limit, and say on what', async () => {
    const { driver, sha256, copyOf } = await filled();
    const offer = await offerOf(driver, await copyOf(`p2p:sha256-${sha256}`, { limits: { bandwidth: mib } }));
    expect(offer).toMatchObject({ accept: true, limits: { bandwidth: mib }, charged: 'image' });
    expect(offer.accept && offer.seconds).toBeGreaterThan(3);
  });

  it('reject an address that names no content', async () => {
    const { driver, copyOf } = await scene();
    await expect(offerOf(driver, await copyOf('p2p:sha256-12'))).rejects.toMatchObject({ code: 'BAD_ENDPOINT', origin: 'caller' });
  });
});

describe('a copy out of the cache', () => {
  it('tells the size and digest of what it copied, and that nothing was sent', async () => {
    const { driver, image, sha256, copyOf } = await filled();
    const request = await copyOf(`p2p:sha256-${sha256}`);
    const { report } = await transferring((context) => driver.transfer(request, context));
    expect(report).toMatchObject({ counters: { bytesSent: 0 }, fromSize: 3 * mib, fromDigest: `sha256:${sha256}` });
    expect(execFileSync('cmp', [image, request.to.path], { encoding: 'utf8' })).toBe('');
    expect((await stat(request.to.path)).mode & 0o777).toBe(0o600);
  });

  it('of an entry that went away meanwhile leaves the way to others open', async () => {
    const { driver, sha256, copyOf } = await filled();
    const request = await copyOf('https://images.example.org/a.raw', { digest: `sha256:${sha256}` });
    await driver.cache.remove(sha256);
    const copying = transferring((context) => driver.transfer(request, context));
    await expect(copying).rejects.toMatchObject({ code: 'SOURCE_MISSING', origin: 'source', untouched: true, driver: 'p2p-precache' });
  });

  it('does not count against the image: it is in use while it is copied, and used just now after', async () => {
    const { driver, sha256, copyOf } = await filled();
    const before = (await driver.cache.find(sha256))?.usedAtMs ?? Infinity;
    const request = await copyOf(`p2p:sha256-${sha256}`);
    let inUse = false;
    await transferring((context) => {
      const checkpoint = async (): Promise<void> => void (inUse ||= await driver.cache.isInUse(sha256));
      return driver.transfer(request, { ...context, checkpoint });
    });
    expect(inUse).toBe(true);
    expect(await driver.cache.isInUse(sha256)).toBe(false);
    expect((await driver.cache.find(sha256))?.usedAtMs).toBeGreaterThan(before);
  });
});

describe('fill()', () => {
  it('puts a file of this machine into the cache, and refuses one that is not what it was said to be', async () => {
    const { driver, directory, image, sha256 } = await scene();
    const wrong = await requestFor(await known(image), join(directory, 'a.part'), { digest: `sha256:${'0'.repeat(64)}` });
    const filling = transferring((context) => driver.fill?.(wrong, context) ?? Promise.reject(new Error('no fill()')));
    await expect(filling).rejects.toMatchObject({ code: 'VERIFY_FAILED' });
    const right = { ...wrong, digest: `sha256:${sha256}` } as const;
    const { phases } = await transferring((context) => driver.fill?.(right, context) ?? Promise.reject(new Error('no fill()')));
    expect(phases).toEqual(['copy', 'check']);
    expect(await driver.cache.list()).toMatchObject([{ sha256 }]);
  });

  it('says that it cannot fetch what is elsewhere, unless it is there', async () => {
    const { driver, sha256, copyOf } = await filled();
    const fill = async (href: string, wish?: Partial<TransferRequest>): Promise<unknown> => {
      const request = await copyOf(href, wish);
      return transferring((context) => driver.fill?.(request, context) ?? Promise.reject(new Error('no fill()')));
    };
    await expect(fill('https://images.example.org/a.raw')).rejects.toMatchObject({ code: 'UNSUPPORTED', untouched: true });
    expect(await fill('https://images.example.org/a.raw', { digest: `sha256:${sha256}` })).toMatchObject({ report: { fromSize: 3 * mib } });
  });
});

describe('probe()', () => {
  const env = { local: createHosts().local, logger: { debug: () => undefined, warn: () => undefined } };

  it('makes nothing', async () => {
    const { directory, driver } = await scene();
    const cacheDir = join(directory, 'cache');
    expect(await driver.probe(env)).toEqual({ available: true, detail: `cache ${cacheDir}` });
    await expect(stat(cacheDir)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('says why a directory is not to be trusted', async () => {
    const { directory, driver } = await scene();
    await mkdir(join(directory, 'cache'));
    await chmod(join(directory, 'cache'), 0o777);
    expect(await driver.probe(env)).toMatchObject({ available: false, reason: expect.stringContaining('written by others') as string });
  });
});
