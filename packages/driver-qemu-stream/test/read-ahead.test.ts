import { randomBytes, randomInt } from 'node:crypto';
import { expect, it } from 'vitest';
import { ImageError } from '@image-api/driver';
import { ReadAhead } from '../src/source/read-ahead.ts';
import { memoryReader } from './memory-reader.ts';

const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;
const content = randomBytes(24 * mebibyte + 4321);

it('gives the same bytes, wherever and in whatever order they are read', async () => {
  const reader = new ReadAhead(memoryReader(content, { delayMs: 1 }));
  const chunk = 200_000;
  for (let offset = 0; offset < content.length; offset += chunk) {
    const length = Math.min(chunk, content.length - offset);
    expect(content.subarray(offset, offset + length).equals(await reader.read(offset, length))).toBe(true);
    const [elsewhere, size] = [randomInt(content.length - 70_000), randomInt(1, 70_000)];
    expect(content.subarray(elsewhere, elsewhere + size).equals(await reader.read(elsewhere, size))).toBe(true);
  }
  const pieces = Array.from({ length: 24 }, (_, index) => index * mebibyte);
  const read = await Promise.all(pieces.map((offset) => reader.read(offset, mebibyte)));
  read.forEach((bytes, index) => expect(content.subarray(index * mebibyte, (index + 1) * mebibyte).equals(bytes)).toBe(true));
});

it('fills a link with a long way for one who asks for one piece after the other', async () => {
  const timed = async (ahead: boolean): Promise<number> => {
    const link = memoryReader(content, { delayMs: 50, bytesPerSecond: 200 * mebibyte });
    const reader = ahead ? new ReadAhead(link) : link;
    const startedAt = performance.now();
    for (let offset = 0; offset < 24 * mebibyte; offset += 512 * kibibyte) await reader.read(offset, 512 * kibibyte);
    return performance.now() - startedAt;
  };
  const plainMs = await timed(false);
  expect(plainMs).toBeGreaterThan(48 * 50);
  expect(await timed(true)).toBeLessThan(plainMs / 2);
});

it('reads nothing in vain for one who reads here and there', async () => {
  const link = memoryReader(content);
  const reader = new ReadAhead(link);
  const places = [20, 3, 15, 9, 0].map((place) => place * mebibyte + 4096);
  for (const offset of places) await reader.read(offset, 4096);
  expect(link.asked).toEqual(places.map((offset) => ({ offset, length: 4096 })));
});

it('reads no piece twice, and none beyond the end', async () => {
  const link = memoryReader(content, { delayMs: 2 });
  const reader = new ReadAhead(link);
  for (let offset = 0; offset < content.length; offset += 512 * kibibyte) {
    await reader.read(offset, Math.min(512 * kibibyte, content.length - offset));
  }
  expect(link.asked.reduce((sum, { length }) => sum + length, 0)).toBe(content.length);
});

it('does not queue much on a slow link, behind which others would wait', async () => {
  const link = memoryReader(content, { delayMs: 1, bytesPerSecond: 12_500_000 });
  const reader = new ReadAhead(link);
  for (let offset = 0; offset < 4 * mebibyte; offset += 512 * kibibyte) await reader.read(offset, 512 * kibibyte);
  expect(link.mostInFlight).toBeLessThanOrEqual(6);
});

it('tells whoever reads of a failure, and then tries again', async () => {
  const link = memoryReader(content, { delayMs: 1 });
  const reader = new ReadAhead(link);
  await reader.read(0, 512 * kibibyte);
  await reader.read(512 * kibibyte, 512 * kibibyte);
  link.failure = new ImageError('it is gone', { code: 'UNREACHABLE', origin: 'source', retryable: true });
  await new Promise((resolve) => setTimeout(resolve, 20));
  await expect(reader.read(8 * mebibyte, 10)).rejects.toMatchObject({ code: 'UNREACHABLE' });
  await expect(reader.read(8 * mebibyte + 10, 10)).rejects.toMatchObject({ code: 'UNREACHABLE' });
  link.failure = undefined;
  const bytes = await reader.read(8 * mebibyte + 20, mebibyte);
  expect(content.subarray(8 * mebibyte + 20, 9 * mebibyte + 20).equals(bytes)).toBe(true);
});

it('lets go at once of one who goes away', async () => {
  const link = memoryReader(content, { delayMs: 5000 });
  const reader = new ReadAhead(link);
  const leaving = new AbortController();
  const first = reader.read(0, 10, leaving.signal);
  first.catch(() => undefined);
  const reading = reader.read(10, 10, leaving.signal);
  leaving.abort();
  await expect(reading).rejects.toMatchObject({ code: 'CANCELLED' });
  reader.drop();
  await expect.poll(() => link.inFlight).toBe(0);
});
