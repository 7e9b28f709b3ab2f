import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { demandOf } from './demand.ts';
import type { Stretch } from './demand.ts';

const mebibyte = 2 ** 20;
const seconds = (count: number, allowed: number, moved: number): readonly Stretch[] =>
  Array.from({ length: count }, () => ({ ms: 1000, allowed, moved }));

describe('demandOf', () => {
  it('takes a task that uses what it has to be held back', () => {
    expect(demandOf(seconds(2, 20 * mebibyte, 19 * mebibyte), 20 * mebibyte)).toBe(Infinity);
  });

  it('leaves a slower one some room, in steps', () => {
    const demand = demandOf(seconds(2, 20 * mebibyte, 4 * mebibyte), 20 * mebibyte);
    expect(demand).toBeGreaterThanOrEqual(5 * mebibyte);
    expect(demand).toBeLessThanOrEqual(5.5 * mebibyte);
  });

  it('does not judge before it has seen enough', () => {
    expect(demandOf(seconds(1, 20 * mebibyte, 0), 20 * mebibyte)).toBe(Infinity);
    expect(demandOf([], 20 * mebibyte)).toBe(Infinity);
  });

  it('lets one that stands still keep so much that it could show it wants more', () => {
    expect(demandOf(seconds(2, 20 * mebibyte, 0), 20 * mebibyte)).toBe(1.25 * mebibyte);
    expect(demandOf(seconds(2, mebibyte, 0), mebibyte)).toBe(256 * 1024);
    expect(demandOf(seconds(2, 1000, 0), 1000)).toBe(1000);
  });

  it('asks of one without a limit what it really used', () => {
    const demand = demandOf(seconds(2, Infinity, 100 * mebibyte), 20 * mebibyte);
    expect(demand).toBeGreaterThanOrEqual(125 * mebibyte);
    expect(demand).toBeLessThan(Infinity);
  });

  it('never asks for less than what is used', () => {
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 40 }), fc.nat({ max: 2 ** 40 }), fc.integer({ min: 1, max: 2 ** 40 }), (allowed, moved, equal) => {
        expect(demandOf(seconds(2, allowed, moved), equal)).toBeGreaterThanOrEqual(moved);
      }),
    );
  });
});
