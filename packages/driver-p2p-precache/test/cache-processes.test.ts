import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { p2pPrecache } from '../src/index.ts';
import { cacheProgram } from './cache-program.ts';
import type { CacheProcess } from './cache-program.ts';

const mib = 2 ** 20;
let folder = '';
let image = '';
let sha256 = '';
let start: (...words: readonly string[]) => CacheProcess;
const started: CacheProcess[] = [];
let count = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(await realpath(tmpdir()), 'precache-processes-'));
  const program = await cacheProgram(folder);
  start = (...words) => {
    const made = program(...words);
    started.push(made);
    return made;
  };
  image = join(folder, 'image.raw');
  const content = randomBytes(24 * mib);
  sha256 = createHash('sha256').update(content).digest('hex');
  await writeFile(image, content);
});
afterAll(async () => {
  for (const { child } of started) if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

const newCache = (): string => join(folder, `cache-${(count += 1)}`);

describe('many processes with one cache', { timeout: 60_000 }, () => {
  it('that want the same image at once fetch it once', async () => {
    const cacheDir = newCache();
    const outputs = await Promise.all(Array.from({ length: 4 }, () => start('fill', cacheDir, sha256, image).output));
    expect(outputs.toSorted()).toEqual(['fetching\nfetched\n', 'there\n', 'there\n', 'there\n']);
  });

  it('that do not know its digest have one entry of it all the same', async () => {
    const cacheDir = newCache();
    await Promise.all(['unknown', 'unknown', sha256].map((digest) => start('fill', cacheDir, digest, image).output));
    expect((await p2pPrecache({ cacheDir }).cache.list()).map((entry) => entry.sha256)).toEqual([sha256]);
    expect(await filesIn(join(cacheDir, 'incoming'))).toEqual([]);
  });

  it('see an entry in use, until the user is killed', async () => {
    const cacheDir = newCache();
    await start('fill', cacheDir, sha256, image).output;
    const user = start('use', cacheDir, sha256);
    await once(user.child.stdout ?? user.child, 'data');
    const { cache } = p2pPrecache({ cacheDir });
    expect(await cache.isInUse(sha256)).toBe(true);
    await expect(cache.remove(sha256)).rejects.toMatchObject({ code: 'DESTINATION_BUSY' });
    expect(await cache.collect({ maxSize: 0, minAgeMs: 0 })).toMatchObject({ removed: [], above: expect.any(Number) as number });
    user.child.kill('SIGKILL');
    await once(user.child, 'exit');
    expect(await cache.isInUse(sha256)).toBe(false);
    expect((await cache.collect({ maxSize: 0, minAgeMs: 0 })).removed).toHaveLength(1);
    expect(await cache.find(sha256)).toBeUndefined();
  });

  it('killed at any moment leave an entry that is right, or none, and nothing in the way of the next', async () => {
    const cacheDir = newCache();
    const { cache } = p2pPrecache({ cacheDir });
    // How long it takes undisturbed, so that the moments are spread over all of it.
    const startedAtMs = performance.now();
    await start('fill', newCache(), sha256, image).output;
    const wholeMs = performance.now() - startedAtMs;
    const ends = { entry: 0, none: 0 };
    for (let round = 0; round < 14; round += 1) {
      const { child } = start('fill', cacheDir, round % 2 ? sha256 : 'unknown', image);
      const exited = once(child, 'exit');
      await Promise.race([exited, sleep(wholeMs * (0.15 + (round / 14) * 0.95))]);
      child.kill('SIGKILL');
      await exited;
      const entry = await cache.find(sha256);
      ends[entry ? 'entry' : 'none'] += 1;
      if (entry) expectRight(entry.path);
      if (entry) await cache.remove(sha256);
      else expect(existsSync(join(cacheDir, 'sha256', sha256, 'image'))).toBe(false);
    }
    expect(ends.none, JSON.stringify(ends)).toBeGreaterThan(2);
    expect(await start('fill', cacheDir, sha256, image).output).toMatch(/fetched\n$|there\n$/);
    expectRight((await cache.find(sha256))?.path ?? 'nothing');
  });
});

function expectRight(path: string): void {
  expect(execFileSync('cmp', [image, path], { encoding: 'utf8' })).toBe('');
}

async function filesIn(directory: string): Promise<string[]> {
  const found = await readdir(directory, { recursive: true, withFileTypes: true });
  return found.filter((one) => one.isFile()).map(({ name }) => name);
}
