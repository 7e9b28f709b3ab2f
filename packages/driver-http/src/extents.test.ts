import fc from 'fast-check';
import { expect, it } from 'vitest';
import { bytesIn, withExtent, without } from './extents.ts';

it('joins what touches, and keeps the order', () => {
  const held = [
    { from: 0, to: 10 },
    { from: 20, to: 30 },
    { from: 50, to: 60 },
  ];
  expect(withExtent(held, { from: 10, to: 20 })).toEqual([
    { from: 0, to: 30 },
    { from: 50, to: 60 },
  ]);
  expect(withExtent(held, { from: 40, to: 45 })).toEqual([held[0], held[1], { from: 40, to: 45 }, held[2]]);
  expect(withExtent(held, { from: 5, to: 55 })).toEqual([{ from: 0, to: 60 }]);
});

it('tells what is missing, also of a size that nobody knows', () => {
  expect(without([{ from: 5, to: 10 }], 20)).toEqual([
    { from: 0, to: 5 },
    { from: 10, to: 20 },
  ]);
  expect(without([], Infinity)).toEqual([{ from: 0, to: Infinity }]);
  expect(without([], 0)).toEqual([]);
});

it('never loses or invents a byte, in whatever order pieces come', () => {
  const pieces = fc.shuffledSubarray(Array.from({ length: 40 }, (_, index) => index));
  fc.assert(
    fc.property(pieces, (order) => {
      let held: ReturnType<typeof withExtent> = [];
      for (const piece of order) held = withExtent(held, { from: piece * 8, to: piece * 8 + 8 });
      expect(bytesIn(held)).toBe(order.length * 8);
      expect(bytesIn(without(held, 320))).toBe(320 - order.length * 8);
    }),
  );
});
