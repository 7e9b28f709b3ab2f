import { expect, it } from 'vitest';
import { limitInKiB, limitsInForce } from './rsync-limit.ts';

it.each([
  [20 * 2 ** 20, 20_480],
  [1_000_000, 976],
  [2047, 1],
  [1024, 1],
  [Number.MAX_SAFE_INTEGER, 2 ** 30],
])('%d bytes/s is %d KiB/s, never more', (bandwidth, limitKiB) => {
  expect(limitInKiB({ bandwidth })).toEqual({ limitKiB });
  expect(limitsInForce(limitKiB)?.bandwidth).toBeLessThanOrEqual(bandwidth);
});

it('refuses what would round to no limit at all', () => {
  expect(limitInKiB({ bandwidth: 1023 })).toEqual({ refusal: expect.stringContaining('1024') });
});
