import { randomBytes } from 'node:crypto';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { sameContent } from './same-content.ts';

const mebibyte = 1024 * 1024;
const data = randomBytes(2 * mebibyte + 17);
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'same-content-'));
});

afterEach(() => rm(folder, { recursive: true }));

/** A file that is a hole but for these pieces. */
async function file(name: string, size: number, pieces: readonly (readonly [number, Uint8Array])[]): Promise<string> {
  const path = join(folder, name);
  const made = await open(path, 'w');
  for (const [at, bytes] of pieces) await made.write(bytes, 0, bytes.length, at);
  await made.truncate(size);
  await made.sync();
  await made.close();
  return path;
}

const signal = new AbortController().signal;
const size = 20 * mebibyte + 5;

it('is so wherever their holes are', async () => {
  const one = await file('one', size, [[3 * mebibyte, data]]);
  const other = await file('other', size, [
    [3 * mebibyte, data],
    [9 * mebibyte, new Uint8Array(4 * mebibyte)],
  ]);
  expect(await sameContent(one, other, { signal })).toBe(true);
});

it.each([
  ['one byte of the data', 3 * mebibyte + data.length - 1],
  ['one byte where the other has a hole', 15 * mebibyte + 1],
  ['the last byte', size - 1],
])('is not so when they differ in %s', async (_, at) => {
  const one = await file('one', size, [[3 * mebibyte, data]]);
  const other = await file('other', size, [
    [3 * mebibyte, data],
    [at, Buffer.from([(data[at - 3 * mebibyte] ?? 0) ^ 1])],
  ]);
  expect(await sameContent(one, other, { signal })).toBe(false);
  expect(await sameContent(other, one, { signal })).toBe(false);
});

it('is not so when one is longer', async () => {
  expect(await sameContent(await file('one', size, []), await file('other', size + 1, []), { signal })).toBe(false);
});

it('stops when it is not wanted any more', async () => {
  const [one, other] = [await file('one', size, [[0, data]]), await file('other', size, [[0, data]])];
  await expect(sameContent(one, other, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
});

it('of a sample is not so where a stretch, or either end, differs', async () => {
  const bytes = randomBytes(70 * mebibyte);
  const one = await file('one', bytes.length, [[0, bytes]]);
  const sampled = async (at: number, length: number): Promise<boolean> => {
    const other = await file(`other-${at}`, bytes.length, [
      [0, bytes],
      [at, new Uint8Array(length)],
    ]);
    return sameContent(one, other, { signal, sample: true });
  };
  expect(await sampled(0, 1)).toBe(false);
  expect(await sampled(bytes.length - 1, 1)).toBe(false);
  // Of each eight mebibytes 64 kibibytes are looked at.
  expect(await sampled(32 * mebibyte, 8 * mebibyte)).toBe(false);
  expect(await sampled(0, 0)).toBe(true);
});

it('of a sample is not so where one has data and the other a hole', async () => {
  const one = await file('one', size, [[3 * mebibyte, data]]);
  const other = await file('other', size, []);
  expect(await sameContent(one, other, { signal, sample: true })).toBe(false);
  expect(await sameContent(other, one, { signal, sample: true })).toBe(false);
});
