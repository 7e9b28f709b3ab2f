import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, open, readdir, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { p2pPrecache } from '../src/index.ts';
import { arrivedAt, env, offerOf, opaque, requestFor, transferring } from './asking.ts';

const [mib, gib] = [2 ** 20, 2 ** 30];
const kinds = ['btrfs', 'xfs'] as const;
const reason = whyNoLoop();
const mounted: string[] = [];
let directory = '';

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'precache-clone-'));
});
afterAll(async () => {
  for (const place of mounted.toReversed()) run('umount', place);
  await rm(directory, { recursive: true, force: true });
});

describe.skipIf(reason !== undefined)(
  `a copy from the cache onto the same filesystem${reason === undefined ? '' : ` (${reason})`}`,
  { timeout: 120_000 },
  () => {
    // To put an image there takes its time, zeros are hashed too: the large one once.
    it.each([
      ['btrfs', 10 * gib],
      ['xfs', gib],
    ] as const)('on %s is a clone: %i bytes take less than half a second, and no room', async (kind, size) => {
      const place = mount(kind);
      const driver = p2pPrecache({ cacheDir: join(place, 'cache') });
      const { entry } = await driver.cache.put({ from: 'made here' }, async (path) => {
        const file = await open(path, 'wx');
        await file.truncate(size);
        for (const at of [0, size / 2, size - 64 * mib]) await file.write(Buffer.alloc(64 * mib, `${at} `), 0, 64 * mib, at);
        await file.sync();
        await file.close();
        return { format: 'raw' };
      });
      await mkdir(join(place, 'disks'));
      const request = await requestFor(opaque(`p2p:sha256-${entry.sha256}`), join(place, 'disks', 'a.part'));
      const offer = await offerOf(driver, request);
      expect(offer).toMatchObject({ accept: true, space: 0, reason: expect.stringContaining('cloned') as string });
      const freeBefore = await freeOn(place);
      const startedAtMs = performance.now();
      await transferring((context) => driver.transfer(request, context));
      expect(performance.now() - startedAtMs, 'milliseconds').toBeLessThan(500);
      expect(freeBefore - (await freeOn(place))).toBeLessThan(16 * mib);
      const copied = await open(request.to.path);
      expect((await copied.stat()).size).toBe(size);
      const { buffer } = await copied.read(Buffer.alloc(16), 0, 16, size / 2);
      expect(buffer.toString('latin1')).toBe(`${size / 2} ${size / 2} `.slice(0, 16));
      await copied.close();
    });

    it.each(kinds)('on %s what another driver brought is kept at no cost, and stays what it was', async (kind) => {
      const place = existsSync(join(directory, kind)) ? join(directory, kind) : mount(kind);
      const driver = p2pPrecache({ cacheDir: join(place, 'kept'), keepArrived: 'clone' });
      const path = join(place, 'arrived.raw');
      await writeFile(path, randomBytes(64 * mib), { flush: true });
      const image = await arrivedAt(path);
      const freeBefore = await freeOn(place);
      await driver.arrived?.(image, { env, signal: new AbortController().signal });
      expect(freeBefore - (await freeOn(place))).toBeLessThan(16 * mib);
      await writeFile(path, 'written to by its guest', { flag: 'r+' });
      expect(await driver.cache.verify(image.digest.slice(7))).toBe('sound');
    });

    it('where the two are on different filesystems, it is not kept, and nothing is left', async () => {
      const driver = p2pPrecache({ cacheDir: join(directory, 'elsewhere'), keepArrived: 'clone' });
      const [place] = mounted;
      const image = await arrivedAt(join(place ?? '', 'arrived.raw'));
      const arriving = driver.arrived?.(image, { env, signal: new AbortController().signal });
      await expect(arriving).rejects.toMatchObject({
        code: 'UNSUPPORTED',
        message: expect.stringContaining("keepArrived to 'copy'") as string,
      });
      expect(await readdir(join(directory, 'elsewhere', 'incoming'))).toEqual([]);
      expect(await driver.cache.list()).toEqual([]);
    });
  },
);

function mount(kind: (typeof kinds)[number]): string {
  const [image, place] = [join(directory, `${kind}.img`), join(directory, kind)];
  writeFileSync(image, '');
  truncateSync(image, 2 * gib);
  mkdirSync(place);
  run(`mkfs.${kind}`, '-q', image);
  run('mount', '-o', 'loop', image, place);
  mounted.push(place);
  return place;
}

async function freeOn(place: string): Promise<number> {
  run('sync', '--file-system', place);
  const { bfree, bsize } = await statfs(place);
  return bfree * bsize;
}

function run(tool: string, ...args: readonly string[]): void {
  execFileSync(tool, args, { stdio: 'pipe' });
}

/** Why there are no loop devices here; `undefined` when there are. */
function whyNoLoop(): string | undefined {
  if (process.getuid?.() !== 0) return 'only root may mount';
  try {
    run('losetup', '--find');
    for (const kind of kinds) run('sh', '-c', 'command -v "$1"', 'sh', `mkfs.${kind}`);
    return undefined;
  } catch (error) {
    return `no loop devices, or a mkfs is missing: ${String(error)}`;
  }
}
