import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { letGo } from './let-go.ts';

it('gives memory back before it is collected', async () => {
  const pieces = Array.from({ length: 64 }, () => Buffer.alloc(2 ** 20, 1));
  await turn();
  const before = process.memoryUsage().arrayBuffers;
  for (const piece of pieces) {
    letGo(piece);
    await turn();
  }
  expect(pieces.every(({ length }) => length === 0)).toBe(true);
  expect(process.memoryUsage().arrayBuffers).toBeLessThan(before - 48 * 2 ** 20);
});

it('leaves what is but a part of some memory, and what is shared', () => {
  const whole = Buffer.alloc(2 ** 20, 1);
  const shared = new Uint8Array(new SharedArrayBuffer(2 ** 20));
  for (const bytes of [whole.subarray(1), shared]) letGo(bytes);
  expect([whole.length, shared.length]).toEqual([2 ** 20, 2 ** 20]);
});
