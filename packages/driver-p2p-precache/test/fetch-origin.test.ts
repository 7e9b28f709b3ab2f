import { createHash, randomBytes } from 'node:crypto';
import { copyFile, open, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TransferContext, TransferRequest } from '@image-api/driver';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startRangeServer } from '../../host/test/range-server.ts';
import type { RangeServer } from '../../host/test/range-server.ts';
import { formatContentAddress } from '../src/address/content-address.ts';
import { hashImage, manifestOf, p2pPrecache } from '../src/index.ts';
import type { P2pPrecacheDriver } from '../src/index.ts';
import { formatPublished } from '../src/published/published-image.ts';
import { offerOf, requestFor, transferring } from './asking.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const mib = 2 ** 20;
const piece = 256 * 1024;
/** A byte before and one after, to see that it is still the same there. */
const looks = 2;

interface Scene {
  readonly directory: string;
  readonly driver: P2pPrecacheDriver;
  readonly image: string;
  readonly sha256: string;
  readonly server: RangeServer;
  /** A copy of it, whose address says this besides. */
  request(params: Readonly<Record<string, string>>): Promise<TransferRequest>;
}

/** An image on a web server, with its manifest, that nobody gives to others. */
async function scene(over: { readonly origin?: string } = {}): Promise<Scene> {
  const directory = await temporaryDirectory();
  const image = join(directory, 'image.raw');
  await writeFile(image, randomBytes(3 * mib));
  await truncate(image, 8 * mib);
  const hashes = await hashImage(image);
  await writeFile(join(directory, 'image.json'), formatPublished({ ...manifestOf(hashes), ...over }));
  const server = await startRangeServer(await readFile(image));
  onTestFinished(() => server.close());
  const { sha256 } = hashes;
  let count = 0;
  const request: Scene['request'] = async (params) => {
    const all = { manifest: join(directory, 'image.json'), ...params };
    const href = formatContentAddress({ sha256, peers: [], ...all });
    const from = { scheme: 'p2p', path: `sha256-${sha256}`, params: all, href, facts: { kind: 'opaque' } } as const;
    return requestFor(from, join(directory, `to-${(count += 1)}.part`));
  };
  return { directory, driver: p2pPrecache({ cacheDir: join(directory, 'cache') }), image, sha256, server, request };
}

const copied = async (driver: P2pPrecacheDriver, request: TransferRequest, over: Partial<TransferContext> = {}) =>
  transferring((context) => driver.transfer(request, { ...context, ...over }));
const digestOf = async (path: string): Promise<string> =>
  createHash('sha256')
    .update(await readFile(path))
    .digest('hex');

describe('an image that no peer has', () => {
  it('comes from the origin that the address names, but for its zeros, and is in the cache from then on', async () => {
    const { driver, image, sha256, server, request } = await scene();
    const wish = await request({ origin: `${server.origin}/a.raw` });
    expect(await offerOf(driver, wish)).toMatchObject({
      accept: true,
      reason: expect.stringContaining(server.origin) as string,
      space: 3 * mib,
      notes: expect.arrayContaining([expect.stringContaining('checked by its sha256'), 'unencrypted']) as string[],
    });
    const { report, phases } = await copied(driver, wish);
    expect(report).toEqual({
      counters: { bytesLogical: 8 * mib, bytesSent: 3 * mib + looks, bytesSkipped: 5 * mib - looks },
      fromSize: 8 * mib,
      fromDigest: `sha256:${sha256}`,
    });
    expect(phases).toEqual(['check', 'from the origin', 'check', 'copy']);
    expect(await digestOf(wish.to.path)).toBe(await digestOf(image));
    expect((await stat(wish.to.path)).blocks * 512).toBeLessThan(4 * mib);
    await server.close();
    const again = await copied(driver, await request({}));
    expect(again.report.counters.bytesSent).toBe(0);
  });

  it('comes from a file as well', async () => {
    const { driver, image, request } = await scene();
    const wish = await request({ origin: image });
    await copied(driver, wish);
    expect(await digestOf(wish.to.path)).toBe(await digestOf(image));
  });

  it('is never taken from an origin that has another one', async () => {
    const { driver, directory, image, sha256, request } = await scene();
    const other = join(directory, 'other.raw');
    await copyFile(image, other);
    const file = await open(other, 'r+');
    await file.write('rot', 2 * mib + 17);
    await file.close();
    const wish = await request({ origin: other });
    await expect(copied(driver, wish)).rejects.toMatchObject({ code: 'VERIFY_FAILED', origin: 'source', untouched: true });
    expect(await driver.cache.find(sha256)).toBeUndefined();
    expect((await stat(wish.to.path)).size).toBe(0);
    await truncate(other, 8 * mib - 1);
    await expect(copied(driver, await request({ origin: other }))).rejects.toThrow('8388607 bytes');
  });

  it('is never another one, even where every piece is as the manifest says', async () => {
    const { driver, directory, sha256, request } = await scene();
    const other = join(directory, 'other.raw');
    await writeFile(other, randomBytes(mib));
    const forged = { ...(await hashImage(other)), sha256 };
    await writeFile(join(directory, 'forged.json'), formatPublished(manifestOf(forged)));
    const wish = await request({ manifest: join(directory, 'forged.json'), origin: other });
    await expect(copied(driver, wish)).rejects.toMatchObject({ code: 'VERIFY_FAILED', origin: 'source', untouched: true });
    expect(await readdir(join(directory, 'cache', 'sha256'))).toEqual([]);
    expect((await stat(wish.to.path)).size).toBe(0);
  });

  it('is not asked of a private address that only the manifest names', async () => {
    const { driver, sha256, request, server } = await scene({ origin: 'http://127.0.0.1:1/a.raw' });
    await expect(copied(driver, await request({}))).rejects.toMatchObject({
      code: 'SOURCE_UNREADABLE',
      message: expect.stringContaining('no public address') as string,
    });
    const { report } = await copied(driver, await request({ origin: `${server.origin}/a.raw` }));
    expect(report.fromDigest).toBe(`sha256:${sha256}`);
  });

  it('is gone on with where an interrupted fetch left it', async () => {
    const { driver, image, sha256, server, request, directory } = await scene();
    let count = 0;
    server.handle = (_, response) => {
      if ((count += 1) < 8) return false;
      response.writeHead(404).end();
      return true;
    };
    await expect(copied(driver, await request({ origin: `${server.origin}/a.raw` }))).rejects.toMatchObject({ code: 'SOURCE_MISSING' });
    const kept = (await driver.cache.arrived(sha256)) ?? 0;
    expect(kept).toBeGreaterThanOrEqual(piece);
    server.handle = () => false;
    const wish = await request({ origin: `${server.origin}/a.raw` });
    expect(await offerOf(driver, wish)).toMatchObject({
      notes: expect.arrayContaining([expect.stringContaining('hashed first')]) as string[],
    });
    const { report } = await copied(driver, wish);
    expect(report.counters.bytesSent).toBe(3 * mib - kept + looks);
    expect(await digestOf(wish.to.path)).toBe(await digestOf(image));
    expect(await readdir(join(directory, 'cache', 'sha256', sha256))).toEqual(['image', 'image.torrent', 'manifest.json']);
  });

  it('leaves nothing behind when it is cancelled', async () => {
    const { driver, sha256, server, request, directory } = await scene();
    const abort = new AbortController();
    server.handle = () => (server.asked.length > 6 && abort.abort(), false);
    const wish = await request({ origin: `${server.origin}/a.raw` });
    await expect(copied(driver, wish, { signal: abort.signal })).rejects.toMatchObject({ code: 'CANCELLED', untouched: true });
    expect(await readdir(join(directory, 'cache', 'sha256'))).toEqual([]);
    expect(await driver.cache.arrived(sha256)).toBeUndefined();
  });
});

describe('an offer for an image that is not in the cache', () => {
  it.each([
    [{}, 'peer='],
    [{ peer: '127.0.0.1:1' }, 'no peer answers (127.0.0.1:1)'],
  ] as const)('is refused for %o, in words', async (params, words) => {
    const { driver, request } = await scene();
    expect(await offerOf(driver, await request(params))).toMatchObject({ accept: false, reason: expect.stringContaining(words) as string });
  });

  it('says so when its manifest is missing, or is of another image', async () => {
    const { driver, directory, request } = await scene();
    const wish = { peer: '127.0.0.1:1', manifest: join(directory, 'none.json') };
    await expect(offerOf(driver, await request(wish))).rejects.toMatchObject({ code: 'SOURCE_MISSING', origin: 'source' });
    await writeFile(wish.manifest, '{}');
    await expect(offerOf(driver, await request(wish))).rejects.toMatchObject({ code: 'VERIFY_FAILED', origin: 'source' });
  });

  it('does not follow a web server that sends it to a private address for the manifest', async () => {
    const { driver, server, request } = await scene();
    const inner = await startRangeServer(Buffer.from('{}'));
    onTestFinished(() => inner.close());
    server.handle = (_, response) => {
      response.writeHead(302, { location: `${inner.origin}/image.json` }).end();
      return true;
    };
    const wish = await request({ manifest: `${server.origin}/image.json`, peer: '127.0.0.1:1' });
    await expect(offerOf(driver, wish)).rejects.toMatchObject({ code: 'SOURCE_UNREADABLE', origin: 'source' });
    expect(inner.asked).toEqual([]);
  });
});
