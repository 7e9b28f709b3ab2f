import { expect, it } from 'vitest';
import { chooseEvictions } from './choose-evictions.ts';
import type { Entry } from './entry.ts';

const entry = (sha256: string, usedAtMs: number, allocated: number, pinned = false): Entry => ({
  sha256,
  path: `/cache/${sha256}`,
  manifest: { sha256, size: allocated, infohash: '', pieceLength: 1, zeroPieces: [] },
  allocated,
  device: 1,
  usedAtMs,
  checkedAtMs: 0,
  pinned,
});
const entries = [entry('new', 900, 10), entry('old', 100, 10), entry('pinned', 0, 10, true), entry('older', 50, 10)];
const chosen = (maxSize: number, minAgeMs: number): string[] =>
  chooseEvictions(entries, { maxSize, minAgeMs }, 1000).map(({ sha256 }) => sha256);

it.each([
  [40, 0, []],
  [39, 0, ['older']],
  [25, 0, ['older', 'old']],
  [0, 0, ['older', 'old', 'new']],
  [0, 200, ['older', 'old']],
  [0, 2000, []],
] as const)('leaves at most %i bytes, and whatever was used within %i ms', (maxSize, minAgeMs, expected) => {
  expect(chosen(maxSize, minAgeMs)).toEqual(expected);
});
