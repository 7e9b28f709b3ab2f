import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Limits, ProgressUpdate, TransferContext, TransferReport, TransferRequest } from '@image-api/driver';
import { describe, expect, it } from 'vitest';
import { p2pPrecache } from '../src/index.ts';
import type { P2pPrecacheDriver, Publication } from '../src/index.ts';
import { offerOf, opaque, requestFor, transferring } from './asking.ts';
import { engineMissing } from './engine-lab.ts';
import { ownRuntime } from './own-runtime.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const mib = 2 ** 20;
const skipped = engineMissing === undefined ? '' : ` (skipped: ${engineMissing})`;
let address = 50;

interface Scene {
  readonly directory: string;
  readonly image: string;
  readonly published: Publication;
  readonly publisher: P2pPrecacheDriver;
  /** Another machine, as far as anybody can tell. */
  readonly fetcher: P2pPrecacheDriver;
  request(uri: string, wish?: Partial<TransferRequest>): Promise<TransferRequest>;
}

/** An image of so many MiB with a hole of as many behind it, published at one address of the loopback interface. */
async function scene(size: number): Promise<Scene> {
  await ownRuntime();
  const directory = await temporaryDirectory();
  const image = join(directory, 'image.raw');
  await writeFile(image, randomBytes(size * mib));
  await truncate(image, 2 * size * mib);
  const machine = (name: string): P2pPrecacheDriver =>
    p2pPrecache({ cacheDir: join(directory, name), listen: { address: `127.0.0.${(address += 1)}` }, stallMs: 2500 });
  const [publisher, fetcher] = [machine('a'), machine('b')];
  const { entry } = await publisher.cache.put({ from: image }, async (path) => {
    execFileSync('cp', ['--sparse=always', '--', image, path]);
    return {};
  });
  const published = await publisher.publish(entry.sha256);
  let count = 0;
  const request: Scene['request'] = async (uri, wish) => {
    const params = Object.fromEntries(new URLSearchParams(uri.split('?')[1]));
    return requestFor({ ...opaque(uri.split('?')[0] ?? ''), params }, join(directory, `to-${(count += 1)}.part`), wish);
  };
  return { directory, image, published, publisher, fetcher, request };
}

/** A copy in somebody's hand. */
class Running {
  readonly abort: AbortController = new AbortController();
  readonly outcome: Promise<TransferReport>;
  verified = 0;
  readonly #handlers: Record<string, (limits: Limits) => Promise<unknown>> = {};

  constructor(driver: P2pPrecacheDriver, request: TransferRequest) {
    const begin = (context: TransferContext): Promise<TransferReport> =>
      driver.transfer(request, {
        ...context,
        signal: this.abort.signal,
        report: ({ bytesLogical = 0 }: ProgressUpdate) => void (this.verified = Math.max(this.verified, bytesLogical)),
        onControl: (event: string, handler: (limits: Limits) => Promise<unknown>) => {
          this.#handlers[event] = handler;
          return () => undefined;
        },
      });
    this.outcome = transferring(begin).then(({ report }) => report);
    this.outcome.catch(() => undefined);
  }

  async tell(event: 'pause' | 'resume' | 'limits', limits: Limits = {}): Promise<unknown> {
    return this.#handlers[event]?.(limits);
  }

  /** Until so many bytes have come. */
  async reaches(bytes: number): Promise<void> {
    for (let looks = 0; this.verified < bytes && looks < 1500; looks += 1) await sleep(20);
    expect(this.verified).toBeGreaterThanOrEqual(bytes);
  }
}

const same = (one: string, other: string): void => expect(execFileSync('cmp', [one, other], { encoding: 'utf8' })).toBe('');

describe.skipIf(engineMissing !== undefined)(`an image that is published${skipped}`, { timeout: 60_000 }, () => {
  it('is fetched by its address without its holes, and stays sparse', async () => {
    const { image, published, fetcher, request } = await scene(8);
    const wish = await request(published.uri);
    const report = await new Running(fetcher, wish).outcome;
    same(image, wish.to.path);
    expect(report.counters).toMatchObject({ bytesLogical: 16 * mib, bytesSent: 8 * mib, bytesSkipped: 8 * mib });
    expect((await stat(wish.to.path)).blocks * 512).toBeLessThan(9 * mib);
    const [arrived, original] = [await fetcher.cache.find(published.entry.sha256), published.entry];
    expect(arrived?.manifest).toEqual(original.manifest);
    expect(await readFile(published.uri.split('manifest=')[1]?.split('&')[0] ?? '', 'utf8')).toContain(original.sha256);
  });

  it('does not come while it is paused, and then does', async () => {
    const { image, published, fetcher, request } = await scene(24);
    const wish = await request(published.uri, { limits: { bandwidth: 4 * mib } });
    const running = new Running(fetcher, wish);
    await running.reaches(26 * mib);
    await running.tell('pause');
    await sleep(1500);
    const before = running.verified;
    // Longer than it may stand still when nobody has paused it.
    await sleep(3500);
    expect(running.verified - before).toBe(0);
    await running.tell('limits', {});
    await running.tell('resume');
    await running.outcome;
    same(image, wish.to.path);
  });

  it('comes but for what the destination holds already of an older one', async () => {
    const { image, published, fetcher, request } = await scene(8);
    const wish = await request(published.uri, { held: 'delta' });
    await writeFile(wish.to.path, await readFile(image));
    await writeFile(wish.to.path, 'changed since', { flag: 'r+' });
    expect(await offerOf(fetcher, wish)).toMatchObject({
      notes: expect.arrayContaining([expect.stringContaining('only the rest travels')]) as string[],
    });
    const { counters } = await new Running(fetcher, wish).outcome;
    same(image, wish.to.path);
    expect(counters.bytesSent).toBe(256 * 1024);
  });

  it('may be empty', async () => {
    const { image, published, fetcher, request } = await scene(0);
    const wish = await request(published.uri);
    const { counters } = await new Running(fetcher, wish).outcome;
    same(image, wish.to.path);
    expect(counters.bytesSent).toBe(0);
  });

  it('leaves nothing behind, and ends at once, when it is cancelled', async () => {
    const { published, fetcher, directory, request } = await scene(24);
    const wish = await request(published.uri, { limits: { bandwidth: 4 * mib } });
    const running = new Running(fetcher, wish);
    await running.reaches(26 * mib);
    const abortedAtMs = performance.now();
    running.abort.abort();
    await expect(running.outcome).rejects.toMatchObject({ code: 'CANCELLED', untouched: true });
    expect(performance.now() - abortedAtMs, 'milliseconds').toBeLessThan(2000);
    expect(await readdir(join(directory, 'b', 'sha256'))).toEqual([]);
    expect((await stat(wish.to.path)).size).toBe(0);
  });

  it('is fetched once by two copies at the same time', async () => {
    const { image, published, fetcher, request } = await scene(8);
    const wishes = [await request(published.uri), await request(published.uri)];
    const reports = await Promise.all(wishes.map((wish) => new Running(fetcher, wish).outcome));
    for (const wish of wishes) same(image, wish.to.path);
    expect(reports.map(({ counters }) => counters.bytesSent).toSorted((one = 0, other = 0) => one - other)).toEqual([0, 8 * mib]);
  });

  it('is kept in the cache of who publishes it, and given to nobody when that is over', async () => {
    const { published, publisher, fetcher, request } = await scene(8);
    const { sha256 } = published.entry;
    await expect(publisher.cache.remove(sha256)).rejects.toMatchObject({ code: 'DESTINATION_BUSY' });
    // The engine takes a moment to see that it is whole.
    await expect.poll(() => publisher.given(), { timeout: 10_000 }).toEqual(new Map([[sha256, { peers: 0, uploaded: 0 }]]));
    expect(await fetcher.given()).toEqual(new Map());
    await publisher.unpublish(sha256);
    expect(await publisher.given()).toEqual(new Map());
    expect(await publisher.cache.remove(sha256)).toBe(true);
    const wish = await request(published.uri);
    await expect(new Running(fetcher, wish).outcome).rejects.toMatchObject({ code: 'SOURCE_MISSING' });
  });
});
