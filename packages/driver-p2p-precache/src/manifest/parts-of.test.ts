import { expect, it } from 'vitest';
import { partsOf } from './parts-of.ts';
import { pieceLengthFor } from './piece-length.ts';

it('goes over an image from its first byte to its last, no part longer than it may be', () => {
  const parts = [...partsOf(100, [{ from: 10, to: 35 }], { data: 10, hole: 50 })];
  expect(parts.map(({ from, to, hole }) => `${from}-${to}${hole ? ' hole' : ''}`)).toEqual([
    '0-10 hole',
    '10-20',
    '20-30',
    '30-35',
    '35-85 hole',
    '85-100 hole',
  ]);
  expect([...partsOf(0, [], { data: 10, hole: 50 })]).toEqual([]);
});

it('cuts an image by its size alone', () => {
  const [mebibyte, gibibyte] = [2 ** 20, 2 ** 30];
  expect([0, gibibyte, gibibyte + 1, 8 * gibibyte, 8 * gibibyte + 1, 128 * gibibyte, 128 * gibibyte + 1].map(pieceLengthFor)).toEqual([
    mebibyte / 4,
    mebibyte / 4,
    mebibyte,
    mebibyte,
    4 * mebibyte,
    4 * mebibyte,
    8 * mebibyte,
  ]);
});
