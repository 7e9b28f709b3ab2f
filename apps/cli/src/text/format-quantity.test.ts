import { expect, it } from 'vitest';
import { formatExactSize, formatSeconds, formatSize, formatSpeed } from './format-quantity.ts';

it.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [20 * 2 ** 20, '20 MiB'],
  [1.5 * 2 ** 30, '1.5 GiB'],
])('writes %d bytes as %s', (bytes, text) => {
  expect(formatSize(bytes)).toBe(text);
});

it('keeps the exact number beside the rounded one', () => {
  expect(formatExactSize(10 * 2 ** 30)).toBe('10 GiB (10737418240 bytes)');
  expect(formatExactSize(1)).toBe('1 B');
});

it('writes a speed with its unit', () => {
  expect(formatSpeed(20 * 2 ** 20)).toBe('20 MiB/s');
});

it.each([
  [0.35, '350ms'],
  [12.34, '12.3s'],
  [242, '4m 2s'],
  [11_520, '3h 12m'],
  [-1, '0ms'],
])('writes %d seconds as %s', (seconds, text) => {
  expect(formatSeconds(seconds)).toBe(text);
});
