import { expect, it } from 'vitest';
import { windowFor } from './read-window.ts';

const mebibyte = 1024 * 1024;

it('keeps a slow link short, and a long one full', () => {
  const pieceLength = mebibyte / 2;
  // 100 Mbit/s next door, and 1 Gbit/s far away: a piece is under way for 43 and 54 ms.
  expect(windowFor({ bytesPerMs: 12_500, delayMs: 43, pieceLength })).toBeLessThan(2.2 * mebibyte);
  expect(windowFor({ bytesPerMs: 125_000, delayMs: 54, pieceLength })).toBeGreaterThan(125_000 * 54);
  expect(windowFor({ bytesPerMs: 1_000_000, delayMs: 500, pieceLength })).toBe(7 * mebibyte);
  expect(windowFor({ bytesPerMs: 0, delayMs: 0, pieceLength })).toBe(mebibyte);
});
