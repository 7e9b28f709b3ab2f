import { expect, it } from 'vitest';
import { isWorthThrift } from './origin-run.ts';

const mebibyte = 2 ** 20;

it('is thrifty where there is much left to send, and the rate is known', () => {
  expect(isWorthThrift({ sent: 32 * mebibyte, rate: 10 * mebibyte, missing: 900 * mebibyte })).toBe(true);
});

it('is not where it would be over soon', () => {
  expect(isWorthThrift({ sent: 32 * mebibyte, rate: 10 * mebibyte, missing: 200 * mebibyte })).toBe(false);
  expect(isWorthThrift({ sent: 32 * mebibyte, rate: 1000 * mebibyte, missing: 900 * mebibyte })).toBe(false);
});

it('does not judge before anything has moved', () => {
  expect(isWorthThrift({ sent: mebibyte, rate: 1, missing: 900 * mebibyte })).toBe(false);
  expect(isWorthThrift({ sent: 32 * mebibyte, rate: 0, missing: 900 * mebibyte })).toBe(false);
});
