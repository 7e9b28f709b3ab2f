import { expect, it } from 'vitest';
import { allocationOf } from './allocation.ts';

const extents = [
  { from: 10, to: 20 },
  { from: 30, to: 40 },
];

it('takes a piece apart into data and holes', () => {
  expect(allocationOf(extents, 0, 50)).toEqual([
    { offset: 0, length: 10, isHole: true },
    { offset: 10, length: 10, isHole: false },
    { offset: 20, length: 10, isHole: true },
    { offset: 30, length: 10, isHole: false },
    { offset: 40, length: 10, isHole: true },
  ]);
});

it('cuts at both ends', () => {
  expect(allocationOf(extents, 12, 5)).toEqual([{ offset: 12, length: 5, isHole: false }]);
  expect(allocationOf(extents, 20, 10)).toEqual([{ offset: 20, length: 10, isHole: true }]);
  expect(allocationOf(extents, 15, 10)).toEqual([
    { offset: 15, length: 5, isHole: false },
    { offset: 20, length: 5, isHole: true },
  ]);
  expect(allocationOf(extents, 45, 5)).toEqual([{ offset: 45, length: 5, isHole: true }]);
});

it('takes all for data of which nothing is known, and none where all is a hole', () => {
  expect(allocationOf(undefined, 3, 4)).toEqual([{ offset: 3, length: 4, isHole: false }]);
  expect(allocationOf([], 3, 4)).toEqual([{ offset: 3, length: 4, isHole: true }]);
});

it('agrees with counting byte by byte', () => {
  for (let offset = 0; offset < 50; offset++) {
    for (let length = 1; offset + length <= 50; length++) {
      const pieces = allocationOf(extents, offset, length);
      const told = pieces.flatMap((piece) => Array.from({ length: piece.length }, (_, index) => [piece.offset + index, piece.isHole]));
      const counted = Array.from({ length }, (_, index) => {
        const at = offset + index;
        return [at, !extents.some(({ from, to }) => at >= from && at < to)];
      });
      expect(told).toEqual(counted);
    }
  }
});
