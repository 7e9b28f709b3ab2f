import { createHash, randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { OrderedDigest } from './ordered-digest.ts';

const mebibyte = 1024 * 1024;

function sha256(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** Random bytes in memory that threads can share. */
function shared(size: number): Uint8Array & { readonly buffer: ArrayBufferLike } {
  const bytes = new Uint8Array(new SharedArrayBuffer(size));
  bytes.set(randomBytes(size));
  return bytes;
}

/** Small ones are hashed by this thread, large ones by one of their own. */
it.each([
  ['small', 3],
  ['large', 20],
])('is that of the whole image, in whatever order the pieces of a %s one come', async (_, mebibytes) => {
  const bytes = shared(mebibytes * mebibyte + 77);
  const digest = OrderedDigest.ofShared(bytes.length, bytes.buffer as SharedArrayBuffer);
  const pieces = Array.from({ length: mebibytes + 1 }, (__, at) => at * mebibyte).toReversed();
  await Promise.all(pieces.map((at) => digest.add(bytes.subarray(at, at + mebibyte), at)));
  expect(await digest.digest()).toBe(sha256(bytes));
  await digest.end();
});

it.each([
  ['small', 1],
  ['large', 40],
])('takes what lies between pieces of a %s image, and behind the last, for zeros', async (_, mebibytes) => {
  const size = mebibytes * mebibyte;
  const data = shared(3000);
  const whole = new Uint8Array(size);
  whole.set(data.subarray(0, 1000), 5000);
  whole.set(data.subarray(1000), 500_000);
  const digest = OrderedDigest.ofShared(size, data.buffer as SharedArrayBuffer);
  const later = digest.add(data.subarray(1000), 500_000, 6000);
  await digest.add(data.subarray(0, 1000), 5000, 0);
  await later;
  expect(await digest.digest(size)).toBe(sha256(whole));
  await digest.end();
});

it.each([
  ['small', 2],
  ['large', 20],
])('takes pieces from any memory, which may be used again when they are hashed: %s', async (_, mebibytes) => {
  const bytes = randomBytes(mebibytes * mebibyte + 5);
  const room = Buffer.alloc(3 * mebibyte);
  const digest = OrderedDigest.ofAny(bytes.length);
  for (let at = 0; at < bytes.length; at += room.length) {
    const piece = room.subarray(0, bytes.copy(room, 0, at, at + room.length));
    await digest.add(piece, at);
    room.fill(0);
  }
  expect(await digest.digest()).toBe(sha256(bytes));
  await digest.end();
});

it('holds nobody up when a piece does not come, and has no digest then', async () => {
  const bytes = shared(20 * mebibyte);
  const digest = OrderedDigest.ofShared(bytes.length, bytes.buffer as SharedArrayBuffer);
  const waiting = digest.add(bytes.subarray(mebibyte), mebibyte);
  digest.giveUp(new Error('it did not come'));
  await waiting;
  await digest.add(bytes.subarray(0, mebibyte), 0);
  await expect(digest.digest()).rejects.toThrow('it did not come');
  await digest.end();
});

it('lets go of a long row of zeros at once when it is not wanted any more', async () => {
  const digest = OrderedDigest.ofShared(2 ** 43, new SharedArrayBuffer(8));
  const never = digest.digest(2 ** 43);
  const startedAt = performance.now();
  digest.giveUp(new Error('enough'));
  await expect(never).rejects.toThrow('enough');
  await digest.end();
  expect(performance.now() - startedAt).toBeLessThan(2000);
});
