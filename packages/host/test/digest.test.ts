import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs/promises';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Host } from '@image-api/driver';
import { withBareHost } from './bare-host.ts';
import { useBothHosts } from './both-hosts.ts';
import { makeLoopDevice } from './loop-device.ts';

const both = useBothHosts();
const { at } = both;
const mebibyte = 1024 * 1024;

interface Piece {
  readonly offset: number;
  readonly bytes: string;
}

/** A file of this size that is a hole but for these pieces. */
async function makeSparse(path: string, size: number, pieces: readonly Piece[]): Promise<void> {
  const file = await fs.open(path, 'w');
  for (const { offset, bytes } of pieces) await file.write(Buffer.from(bytes), 0, undefined, offset);
  await file.truncate(size);
  await file.sync();
  await file.close();
}

/** As if there were no holes. */
async function sumOf(path: string, length = Infinity): Promise<string> {
  return `sha256:${createHash('sha256')
    .update((await fs.readFile(path)).subarray(0, length))
    .digest('hex')}`;
}

/** What a content digest is of. */
function contentOf(bytes: Buffer): string {
  const lanes = [0, 1, 2, 3].map(() => createHash('sha256'));
  const place = (at: number): Buffer => {
    const eight = Buffer.alloc(8);
    eight.writeBigUInt64BE(BigInt(at));
    return eight;
  };
  for (let at = 0; at < bytes.length; at += 65_536) {
    const block = bytes.subarray(at, at + 65_536);
    if (block.some((byte) => byte !== 0)) lanes[Math.floor(at / mebibyte) % 4]?.update(place(at)).update(block);
  }
  const digests = lanes.map((hash) => hash.update(place(bytes.length)).digest('hex'));
  return `content:${createHash('sha256').update(digests.join('\n')).digest('hex')}`;
}

const layout = fc.record({
  size: fc.integer({ min: 0, max: 12 * mebibyte }),
  pieces: fc.array(fc.record({ offset: fc.nat(12 * mebibyte), bytes: fc.string({ minLength: 1, maxLength: 5000 }) }), { maxLength: 5 }),
  length: fc.option(fc.nat(14 * mebibyte), { nil: undefined }),
});

describe.each(['local', 'ssh'] as const)('a digest on a host of the kind %s', { timeout: 30_000 }, (kind) => {
  let host: Host;
  beforeEach((context) => {
    host = both.host(kind, context);
  });

  it('computes the digest of a file', async () => {
    const bytes = Buffer.from('an image\n'.repeat(100_000));
    await fs.writeFile(at('x'), bytes);
    expect(await host.digest(at('x'))).toBe(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
    const digestOf = (part: Uint8Array): string => `sha256:${createHash('sha256').update(part).digest('hex')}`;
    expect(await host.digest(at('x'), { length: 1000 })).toBe(digestOf(bytes.subarray(0, 1000)));
    expect(await host.digest(at('x'), { length: 0 })).toBe(digestOf(bytes.subarray(0, 0)));
    expect(await host.digest(at('x'), { length: bytes.length * 2 })).toBe(digestOf(bytes));
    await expect(host.digest(at('x'), { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  it('stops computing a digest when it is told to', async () => {
    await fs.writeFile(at('huge'), '');
    await fs.truncate(at('huge'), 2 ** 40);
    const begun = performance.now();
    await expect(host.digest(at('huge'), { signal: AbortSignal.timeout(200) })).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(performance.now() - begun).toBeLessThan(3000);
  });

  it('is that of the content, wherever there are holes', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(layout, async ({ size, pieces, length }) => {
        await makeSparse(at('x'), size, pieces);
        const part = length === undefined ? {} : { length };
        expect(await host.digest(at('x'), part)).toBe(await sumOf(at('x'), length));
        expect(await host.contentDigest(at('x'), part)).toBe(contentOf((await fs.readFile(at('x'))).subarray(0, length)));
      }),
      { numRuns: 30 },
    );
  });

  it.each([
    ['nothing but a hole', 9 * mebibyte, []],
    ['a hole with an end that is not round', 9 * mebibyte + 1, []],
    ['a hole at the beginning', 9 * mebibyte, [{ offset: 9 * mebibyte - 3, bytes: 'end' }]],
    ['a hole at the end', 9 * mebibyte + 7, [{ offset: 0, bytes: 'begin' }]],
    [
      'holes that are hardly worth going round',
      40 * mebibyte,
      Array.from({ length: 150 }, (_, i) => ({ offset: i * 262_144, bytes: `piece ${i}` })),
    ],
    ['a hole between', 9 * mebibyte, [0, 9 * mebibyte - 5].map((offset) => ({ offset, bytes: 'bytes' }))],
    ['thousands of holes', 40 * mebibyte, Array.from({ length: 2000 }, (_, i) => ({ offset: i * 20_480 + 5, bytes: `piece ${i}` }))],
  ])('is right for a file with %s', async (_, size, pieces) => {
    await makeSparse(at('x'), size, pieces);
    expect(await host.digest(at('x'))).toBe(await sumOf(at('x')));
    expect(await host.contentDigest(at('x'))).toBe(contentOf(await fs.readFile(at('x'))));
    for (const length of [1, 4 * mebibyte + 1, size - 1, size, size + 1])
      expect(await host.digest(at('x'), { length }), `of ${length} bytes`).toBe(await sumOf(at('x'), length));
  });

  it('is the same of the content, and no other, whether zeros are holes or not', async () => {
    const bytes = Buffer.alloc(40 * mebibyte + 5);
    for (const place of [0, 65_535, 65_536, 5 * mebibyte - 1, 20 * mebibyte, bytes.length - 1]) bytes[place] = 1;
    await fs.writeFile(at('x'), bytes);
    const digest = await host.contentDigest(at('x'));
    expect(digest).toBe(contentOf(bytes));
    execFileSync('fallocate', ['--dig-holes', at('x')]);
    expect(await host.contentDigest(at('x'))).toBe(digest);
    const others = [Buffer.concat([bytes, Buffer.alloc(1)]), bytes.subarray(0, -1), Buffer.from(bytes).fill(2, 65_535, 65_536)];
    for (const other of others) {
      await fs.writeFile(at('x'), other);
      expect(await host.contentDigest(at('x'))).not.toBe(digest);
    }
    await fs.writeFile(at('x'), Buffer.alloc(0));
    expect(await host.contentDigest(at('x'))).toBe(contentOf(Buffer.alloc(0)));
    await expect(host.contentDigest(at('x'), { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'CANCELLED' });
    await expect(host.contentDigest(at('missing'))).rejects.toMatchObject({ code: 'SOURCE_MISSING' });
  });

  it('does not read holes', async (context) => {
    await makeSparse(at('x'), 256 * mebibyte, [{ offset: 100 * mebibyte, bytes: 'x'.repeat(mebibyte) }]);
    const cached = (): number =>
      Number(execFileSync('fincore', ['--bytes', '--noheadings', '--output', 'RES', at('x')], { encoding: 'utf8' }));
    try {
      cached();
    } catch {
      context.skip('fincore is not installed, which tells what was read of a file');
    }
    await host.digest(at('x'));
    await host.contentDigest(at('x'));
    expect(cached()).toBeLessThan(16 * mebibyte);
  });

  it.each([
    ['no perl, and no openssl', {}],
    ['a perl that does not run', { perl: 'exit 1' }],
    ['an openssl that is not one', { openssl: 'echo 1234' }],
    ['an openssl that complains', { openssl: 'echo warning >&2; exec /usr/bin/openssl "$@"' }],
  ])('is right with %s', async (_, scripts) => {
    await makeSparse(at('x'), 9 * mebibyte, [{ offset: 5 * mebibyte, bytes: 'bytes' }]);
    await withBareHost(kind, { real: ['sha256sum'], scripts }, async (bare) => {
      expect(await bare.digest(at('x'))).toBe(await sumOf(at('x')));
      expect(await bare.digest(at('x'), { length: 5 * mebibyte })).toBe(await sumOf(at('x'), 5 * mebibyte));
      // Another machine needs `perl` for that one.
      expect(await bare.contentDigest(at('x'))).toBe(kind === 'local' ? contentOf(await fs.readFile(at('x'))) : undefined);
    });
  });

  it('is right for a block device', async (context) => {
    const path = await makeLoopDevice(context, at('disk'), 16 * mebibyte);
    await fs.writeFile(path, 'an image', { flag: 'r+' });
    expect(await host.digest(path)).toBe(await sumOf(path));
    expect(await host.digest(path, { length: 5 * mebibyte + 1 })).toBe(await sumOf(path, 5 * mebibyte + 1));
    expect(await host.digest(path, { length: 99 * mebibyte })).toBe(await sumOf(path));
    expect(await host.contentDigest(path)).toBe(contentOf(await fs.readFile(path)));
    expect(await host.contentDigest(path, { length: 5 * mebibyte + 1 })).toBe(
      contentOf((await fs.readFile(path)).subarray(0, 5 * mebibyte + 1)),
    );
  });

  it('comes to an end whatever happens to the file meanwhile', async () => {
    const changes: readonly ((file: fs.FileHandle, round: number) => Promise<unknown>)[] = [
      (file) => file.truncate(0),
      (file, round) => file.truncate(round * mebibyte),
      (file, round) => file.write(Buffer.alloc(mebibyte, 1), 0, mebibyte, round * 7 * mebibyte),
    ];
    for (const change of changes) {
      await makeSparse(
        at('x'),
        100 * mebibyte,
        Array.from({ length: 20 }, (_, i) => ({ offset: i * 5 * mebibyte, bytes: 'x'.repeat(mebibyte) })),
      );
      const file = await fs.open(at('x'), 'r+');
      const work = { isOver: false };
      const digests = Promise.all([host.digest(at('x')), host.contentDigest(at('x'))]).finally(() => (work.isOver = true));
      digests.catch(() => undefined);
      for (let round = 1; !work.isOver; round++) await change(file, round % 20);
      expect((await digests).join(' ')).toMatch(/^sha256:[0-9a-f]{64} content:[0-9a-f]{64}$/);
      await file.close();
    }
  });
});

it('is right for what is so large that threads do it, and comes to an end there, too', { timeout: 30_000 }, async (context) => {
  const pieces = [0, 7, 23, 39].map((offset) => ({ offset: offset * mebibyte + offset, bytes: 'an image'.repeat(200_000) }));
  await makeSparse(at('x'), 41 * mebibyte + 3, pieces);
  const host = both.host('local', context);
  const expected = await sumOf(at('x'));
  expect(await Promise.all(Array.from({ length: 5 }, () => host.digest(at('x'))))).toEqual(Array.from({ length: 5 }, () => expected));
  expect(await host.contentDigest(at('x'))).toBe(contentOf(await fs.readFile(at('x'))));
  const enough = new AbortController();
  const stopped = host.digest(at('x'), { signal: enough.signal });
  setImmediate(() => enough.abort());
  await expect(stopped).rejects.toMatchObject({ code: 'CANCELLED' });
});

it('does not hold up the process, however many there are', { timeout: 30_000 }, async (context) => {
  await makeSparse(at('x'), 15 * mebibyte, []);
  let turns = 0;
  let isOver = false;
  const count = (): void => {
    turns++;
    if (!isOver) setImmediate(count);
  };
  count();
  const host = both.host('local', context);
  await Promise.all(Array.from({ length: 20 }, () => host.digest(at('x'))));
  isOver = true;
  // Each has fifteen pieces to compute, and somebody else has a turn after each.
  expect(turns).toBeGreaterThan(20 * 15);
});
