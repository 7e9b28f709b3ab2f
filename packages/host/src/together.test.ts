import { expect, it } from 'vitest';
import { together } from './together.ts';

it('joins what overlaps or touches', () => {
  const one = [
    { from: 0, to: 10 },
    { from: 20, to: 30 },
  ];
  const other = [
    { from: 5, to: 12 },
    { from: 30, to: 31 },
    { from: 40, to: 41 },
  ];
  expect(together(one, other)).toEqual([
    { from: 0, to: 12 },
    { from: 20, to: 31 },
    { from: 40, to: 41 },
  ]);
});
