import { chmod, mkdir, open, readdir, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, beforeEach, expect, it } from 'vitest';
import { describeLab } from '../src/describe-lab.ts';
import { expectCopied, expectExit } from '../src/expect-copied.ts';
import { writeRandomImage } from '../src/image-files.ts';
import { startImagectl } from '../src/imagectl.ts';
import type { ImagectlResult } from '../src/imagectl.ts';
import { linesOf, resultOf } from '../src/result-lines.ts';

const config = { drivers: ['cp', 'rsync', 'scp', ['p2p-precache', { cacheDir: '/srv/cache' }]] };
const mebibytes = 32;

describeLab('a cache that is filled over ssh', { hosts: { alpha: {} } }, (lab) => {
  let digest = '';
  beforeAll(async () => {
    digest = await writeRandomImage(lab().host('alpha').outside('/srv/golden.raw'), mebibytes);
  });
  beforeEach(async () => {
    await lab().here.run(['rm', '-rf', '/srv/cache', '/srv/out']);
    await mkdir(lab().here.outside('/srv/out'));
  });

  const imagectl = (...words: readonly string[]): Promise<ImagectlResult> => lab().imagectl(words, { config });
  const image = (): string => lab().here.outside(`/srv/cache/sha256/${digest}/image`);
  const isThere = (path: string): Promise<boolean> =>
    stat(path).then(
      () => true,
      () => false,
    );

  it('gives every later copy what it holds, and rsync nothing more to do', async () => {
    const filled = await imagectl('precache', 'alpha:/srv/golden.raw', '--json');
    expect(linesOf(filled).at(-1), filled.story).toMatchObject({ type: 'result', uri: `p2p:sha256-${digest}`, fetched: true });
    const byAddress = await imagectl('copy', `p2p:sha256-${digest}`, '/srv/out/disk.raw', '--json');
    await expectCopied(byAddress, { host: lab().here, path: '/srv/out/disk.raw' }, digest);
    await lab().here.run(['rm', '/srv/out/disk.raw']);
    const byDigest = await imagectl('copy', 'alpha:/srv/golden.raw', '/srv/out/disk.raw', '--checksum', `sha256:${digest}`, '--json');
    await expectCopied(byDigest, { host: lab().here, path: '/srv/out/disk.raw' }, digest);
    for (const result of [byAddress, byDigest])
      expect(resultOf(result)).toMatchObject({ driver: 'p2p-precache', counters: { bytesSent: 0 } });
    const again = await imagectl('precache', 'alpha:/srv/golden.raw', '--checksum', `sha256:${digest}`, '--json');
    expect(linesOf(again), again.story).toMatchObject([{ type: 'result', fetched: false }]);
  });

  it('keeps what other drivers bring, too, where it is told to, and says so where it cannot', async () => {
    const keeping = (more: object = {}): { readonly config: Readonly<Record<string, unknown>> } => ({
      config: { drivers: ['cp', 'rsync', ['p2p-precache', { cacheDir: '/srv/cache', keepArrived: 'copy', ...more }]] },
    });
    const copy = async (more?: object): Promise<ImagectlResult> => {
      const words = [
        'copy',
        'alpha:/srv/golden.raw',
        '/srv/out/disk.raw',
        '--checksum',
        `sha256:${digest}`,
        '--overwrite',
        'replace',
        '--json',
      ];
      const result = await lab().imagectl(words, keeping(more));
      await expectCopied(result, { host: lab().here, path: '/srv/out/disk.raw' }, digest);
      return result;
    };
    const refused = await copy({ maxSize: 2 ** 20 });
    const why = /^p2p-precache: \/srv\/out\/disk\.raw is not kept in the cache: it takes .* raise maxSize/;
    expect(resultOf(refused)).toMatchObject({ driver: 'rsync', warnings: [expect.stringMatching(why) as string] });
    expect(refused.stderr).toContain('imagectl: warning: p2p-precache: /srv/out/disk.raw is not kept');
    expect(resultOf(await copy())).toMatchObject({ driver: 'rsync' });
    const again = resultOf(await copy());
    expect(again).toMatchObject({ driver: 'p2p-precache', counters: { bytesSent: 0 } });
    expect(again).not.toHaveProperty('warnings');
    const precached = await imagectl('precache', 'alpha:/srv/golden.raw', '--checksum', `sha256:${digest}`, '--json');
    expect(linesOf(precached).at(-1), precached.story).toMatchObject({ fetched: false });
  });

  it('that was damaged since gives nothing: the copy comes from where it would else have', async () => {
    expectExit(await imagectl('precache', 'alpha:/srv/golden.raw'), 0);
    await chmod(image(), 0o600);
    const file = await open(image(), 'r+');
    await file.write('rot', 4096);
    await file.close();
    const result = await imagectl('copy', 'alpha:/srv/golden.raw', '/srv/out/disk.raw', '--checksum', `sha256:${digest}`, '--json');
    await expectCopied(result, { host: lab().here, path: '/srv/out/disk.raw' }, digest);
    expect(resultOf(result).attempts, result.story).toMatchObject([
      { driver: 'p2p-precache', error: { code: 'VERIFY_FAILED' } },
      { driver: 'rsync' },
    ]);
    expect(await isThere(image())).toBe(false);
  });

  it('holds nothing that looks complete after imagectl was killed, and the same command goes on', async () => {
    const words = ['precache', 'alpha:/srv/golden.raw', '--checksum', `sha256:${digest}`, '--limit', '16MiB/s', '--json'];
    const killed = startImagectl(lab().here, words, { config });
    const entry = lab().here.outside(`/srv/cache/sha256/${digest}`);
    const arrived = async (): Promise<number> => {
      const names = await readdir(entry).catch(() => []);
      const sizes = await Promise.all(names.map((name) => stat(`${entry}/${name}`).catch(() => undefined)));
      return sizes.reduce((sum, found) => sum + (found?.blocks ?? 0) * 512, 0);
    };
    while ((await arrived()) < 8 * 2 ** 20) await sleep(20);
    process.kill(await killed.pid(), 'SIGKILL');
    await killed.done;
    expect(await isThere(image())).toBe(false);
    const held = await arrived();
    const result = await imagectl(...words.filter((word) => word !== '--limit' && word !== '16MiB/s'));
    expect(linesOf(result).at(-1), result.story).toMatchObject({ type: 'result', fetched: true });
    const attempt = linesOf(result).find(({ type }) => type === 'attempt');
    expect(attempt, result.story).toMatchObject({ held: 'resume', kept: expect.any(Number) as number });
    expect(attempt?.['kept']).toBeGreaterThanOrEqual(Math.min(held, 4 * 2 ** 20));
    expect(await isThere(image())).toBe(true);
  });

  it('is filled once by two who want the same image at the same time', async () => {
    const words = ['precache', 'alpha:/srv/golden.raw', '--checksum', `sha256:${digest}`, '--limit', '16MiB/s', '--json'];
    const results = await Promise.all([imagectl(...words), imagectl(...words)]);
    const fetched = results.map((result) => linesOf(result).at(-1)?.['fetched']);
    expect(
      fetched.toSorted((one, other) => Number(one) - Number(other)),
      results.map(({ story }) => story).join('\n'),
    ).toEqual([false, true]);
  });
});
