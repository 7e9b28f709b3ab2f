import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, statSync, truncateSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, open, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cp } from '../src/index.ts';
import { contextFor, failureOf, offerOf, requestFor, staging, transfer } from './copying.ts';

const mib = 2 ** 20;
let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'driver-cp-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** An image of so many MiB, each piece of data 1 MiB of noise at the given MiB. */
async function image(name: string, mebibytes: number, dataAt: readonly number[]): Promise<string> {
  const path = join(directory, name);
  const file = await open(path, 'wx');
  await file.truncate(mebibytes * mib);
  for (const at of dataAt) await file.write(randomBytes(mib), 0, mib, at * mib);
  await file.close();
  return path;
}

/** Data at each MiB. */
const throughout = (mebibytes: number): number[] => Array.from({ length: mebibytes }, (_, at) => at);
const allocated = (path: string): number => statSync(path).blocks * 512;
const same = (one: string, other: string): boolean => readFileSync(one).equals(readFileSync(other));

describe('cp', { timeout: 30_000 }, () => {
  it('is available where coreutils are', async () => {
    expect(await cp().probe(contextFor().env)).toMatchObject({ available: true, detail: expect.stringMatching(/^cp \d+\.\d+/) });
  });

  it('refuses an option it does not have as soon as it is made', () => {
    expect(() => cp({ speed: 3 } as object)).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
  });

  it('copies the bytes into the very file it is given, keeps its mode, and keeps holes', async () => {
    const from = await image('holes.raw', 64, [0, 30, 31]);
    const to = await staging(join(directory, 'holes.part'));
    const before = statSync(to);
    const { report, updates } = await transfer(cp(), await requestFor(from, to));
    expect(same(from, to)).toBe(true);
    expect(statSync(to)).toMatchObject({ ino: before.ino, mode: 0o100600 });
    expect(allocated(to)).toBe(allocated(from));
    expect(report.counters).toEqual({ bytesLogical: 64 * mib, bytesRead: 3 * mib, bytesSent: 0, bytesSkipped: 61 * mib });
    expect(updates.at(-1)).toEqual(report.counters);
  });

  describe('with verify sha256', () => {
    const sha256 = (path: string): string => `sha256:${createHash('sha256').update(readFileSync(path)).digest('hex')}`;

    it.each([
      ['full of data', 40, throughout(40)],
      ['mostly holes', 200, [0, 30, 31, 199]],
      ['a hole at its end', 64, [3]],
      ['all holes', 64, []],
      ['small', 1, [0]],
      ['empty', 0, []],
    ])('tells the digest of what it read and wrote: %s', async (name, mebibytes, dataAt) => {
      const from = await image(`hashed-${name}`, mebibytes, dataAt);
      const to = await staging(join(directory, `hashed-${name}.part`));
      const { report } = await transfer(cp({ reflink: 'never' }), await requestFor(from, to, { verify: 'sha256' }));
      expect(same(from, to)).toBe(true);
      expect(report).toMatchObject({ fromDigest: sha256(from), writtenDigest: sha256(from) });
      expect(allocated(to)).toBe(allocated(from));
    });

    it('hashes pieces of any length, idle, slowly, and many at once', async () => {
      const from = await image('hashed-many', 24, [0, 1, 7, 23]);
      const wishes = [{ priority: 'idle' as const }, { limits: { bandwidth: 40 * mib } }, {}, {}, {}, {}, {}, {}];
      const reports = await Promise.all(
        wishes.map(async (wish, index) => {
          const to = await staging(join(directory, `hashed-many-${index}.part`));
          return (await transfer(cp({ reflink: 'never' }), await requestFor(from, to, { verify: 'sha256', ...wish }))).report;
        }),
      );
      expect(reports.map(({ writtenDigest }) => writtenDigest)).toEqual(wishes.map(() => sha256(from)));
    });

    it('hashes all of an image of which some was there', async () => {
      const from = await image('hashed-resumed', 48, [0, 1, 20, 21, 40]);
      const to = await staging(join(directory, 'hashed-resumed.part'));
      const bytes = readFileSync(from).subarray(0, 21 * mib + 5);
      await writeFile(to, bytes);
      const { report } = await transfer(cp({ reflink: 'never' }), await requestFor(from, to, { verify: 'sha256', held: 'resume' }));
      expect(same(from, to)).toBe(true);
      expect(report).toMatchObject({ fromDigest: sha256(from), writtenDigest: sha256(from) });
    });

    it('stops at once while it hashes terabytes of holes', async () => {
      const from = await image('hashed-vast', 0, []);
      truncateSync(from, 2 ** 43);
      const to = await staging(join(directory, 'hashed-vast.part'));
      const cancel = new AbortController();
      const copying = transfer(cp({ reflink: 'never' }), await requestFor(from, to, { verify: 'sha256' }), cancel.signal);
      setTimeout(() => cancel.abort(), 300);
      await expect(copying).rejects.toMatchObject({ code: 'CANCELLED' });
    });

    it('fails as it would without when the source ends too early', async () => {
      const from = await image('hashed-short', 64, throughout(64));
      const to = await staging(join(directory, 'hashed-short.part'));
      const request = await requestFor(from, to, { verify: 'sha256', limits: { bandwidth: 100 * mib } });
      const context = contextFor();
      let pieces = 0;
      const checkpoint = (): Promise<void> => {
        if ((pieces += 1) === 8) truncateSync(from, 9 * mib);
        return Promise.resolve();
      };
      await expect(cp({ reflink: 'never' }).transfer(request, { ...context, checkpoint })).rejects.toMatchObject({
        code: 'SOURCE_CHANGED',
      });
    });
  });

  it('copies nothing at all exactly', async () => {
    const from = await image('empty.raw', 0, []);
    const to = await staging(join(directory, 'empty.part'));
    const { report } = await transfer(cp(), await requestFor(from, to));
    expect(report.counters).toMatchObject({ bytesLogical: 0, bytesRead: 0, bytesSkipped: 0 });
    expect(statSync(to).size).toBe(0);
  });

  it.each(['a b', `q'"q`, '$(id)', '[1]', '*', 'colon:x', '-dash', 'back\\slash', 'ünï-漢', '--help', 'a;b'])(
    'takes the name %s as it is',
    async (name) => {
      const folder = join(directory, `names-${randomBytes(4).toString('hex')}`);
      await mkdir(join(folder, 'to'), { recursive: true });
      await writeFile(join(folder, name), name);
      const to = await staging(join(folder, 'to', name));
      await transfer(cp(), await requestFor(join(folder, name), to));
      expect(readFileSync(to, 'utf8')).toBe(name);
      expect(await readdir(join(folder, 'to'))).toEqual([name]);
    },
  );

  it('tells how far it is, never backwards', async () => {
    const from = await image('dense.raw', 256, throughout(256));
    const to = await staging(join(directory, 'dense.part'));
    const { updates } = await transfer(cp({ reflink: 'never' }), await requestFor(from, to));
    const positions = updates.map(({ bytesLogical = 0 }) => bytesLogical);
    expect(positions.length).toBeGreaterThanOrEqual(3);
    expect(positions).toEqual(positions.toSorted((one, other) => one - other));
    expect(positions.some((position) => position > 0 && position < 256 * mib)).toBe(true);
    expect(positions.at(-1)).toBe(256 * mib);
  });

  it('offers an estimate that grows with the data, not with the holes', async () => {
    const sparse = await requestFor(await image('thin.raw', 4096, [0]), await staging(join(directory, 'thin.part')));
    const offer = await offerOf(cp({ reflink: 'never' }), sparse);
    expect(offer.seconds).toBeLessThan(0.1);
    expect(offer.space).toBe(mib);
  });

  it('refuses what it cannot do, and says why', async () => {
    const request = await requestFor(await image('no.raw', 1, []), await staging(join(directory, 'no.part')));
    const reasonFor = async (more: object): Promise<string> => {
      const offer = await cp().offer({ ...request, ...more }, contextFor());
      return offer.accept ? 'accepted' : offer.reason;
    };
    expect(await reasonFor({ toFormat: 'qcow2' })).toBe('cannot convert to qcow2');
    expect(await reasonFor({ held: 'delta' })).toBe('cannot send only what differs');
    expect(await reasonFor({ to: { ...request.to, scheme: 'ssh' } })).toContain('within this machine');
  });

  it('ends within two seconds when it is cancelled', async () => {
    const from = await image('long.raw', 512, throughout(512));
    const to = await staging(join(directory, 'long.part'));
    const controller = new AbortController();
    const running = transfer(cp({ reflink: 'never' }), await requestFor(from, to), controller.signal);
    setTimeout(() => controller.abort(), 30);
    const start = performance.now();
    expect(await failureOf(running)).toMatchObject({ code: 'CANCELLED', driver: 'cp' });
    expect(performance.now() - start).toBeLessThan(2000);
  });

  it('has touched nothing when it is cancelled before it starts', async () => {
    const request = await requestFor(await image('early.raw', 1, [0]), await staging(join(directory, 'early.part')));
    expect(await failureOf(transfer(cp(), request, AbortSignal.abort()))).toMatchObject({ code: 'CANCELLED', untouched: true });
    expect(statSync(request.to.path).size).toBe(0);
  });

  it('says that the source is gone, and that nothing was written', async () => {
    const request = await requestFor(await image('gone.raw', 1, [0]), await staging(join(directory, 'gone.part')));
    await rm(request.from.path);
    const error = await failureOf(transfer(cp({ reflink: 'never' }), request));
    expect(error).toMatchObject({ code: 'SOURCE_MISSING', origin: 'source', driver: 'cp', untouched: true });
    expect(error.message).toContain('gone.raw');
  });

  it.skipIf(process.getuid?.() === 0)('says that it may not read the source', async () => {
    const request = await requestFor(await image('secret.raw', 1, [0]), await staging(join(directory, 'secret.part')));
    await chmod(request.from.path, 0);
    expect(await failureOf(transfer(cp({ reflink: 'never' }), request))).toMatchObject({ code: 'SOURCE_UNREADABLE', untouched: true });
  });
});
