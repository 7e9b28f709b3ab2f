import type { Progress } from 'image-api';
import { expect, it } from 'vitest';
import { isLineDue } from './progress-lines.ts';

const at = (percent: number): Progress => ({
  phase: 'copy',
  bytesLogical: percent,
  bytesRead: 0,
  bytesSent: 0,
  bytesSkipped: 0,
  rate: 0,
  total: { bytes: 100, certainty: 'exact' },
});

it.each([
  ['nothing new', 24, 9_999, false],
  ['a quarter is done', 25, 1, true],
  ['three quarters at once', 80, 1, true],
  ['all is done', 100, 1, false],
  ['ten seconds went by', 3, 10_000, true],
  ['ten seconds went by at the end', 100, 10_000, true],
])('when %s', (_what, percent, atMs, due) => {
  expect(isLineDue({ atMs: 0, quarter: 0 }, atMs, at(percent))).toBe(due);
});

it('does not tell of the same quarter twice', () => {
  expect(isLineDue({ atMs: 0, quarter: 2 }, 10, at(60))).toBe(false);
});

it('goes by the clock alone while the total is not known', () => {
  const { total: _, ...unknown } = at(60);
  expect(isLineDue({ atMs: 0, quarter: 0 }, 9_000, unknown)).toBe(false);
  expect(isLineDue({ atMs: 0, quarter: 0 }, 10_000, unknown)).toBe(true);
});
