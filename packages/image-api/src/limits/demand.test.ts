import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { demandOf } from './demand.ts';
import type { Stretch } from './demand.ts';

const mebibyte = 2 ** 20;
/** Looks at a task that is told of in every so many of them, the last time some looks ago; newest first, rates in bytes per second. */
function looks(count: number, allowed: number, moved: number, newsEvery = 1, late = 0): readonly Stretch[] {
  return Array.from({ length: count }, (_, index) => {
    return { ms: 125, allowed: allowed / 8, moved: index % newsEvery === late ? (moved / 8) * newsEvery : 0 };
  });
}

describe('demandOf', () => {
  it('takes a task that uses what it has to be held back', () => {
    expect(demandOf(looks(28, 20 * mebibyte, 19 * mebibyte), 20 * mebibyte)).toBe(Infinity);
  });

  it('leaves a slower one some room, in steps', () => {
    const demand = demandOf(looks(28, 20 * mebibyte, 4 * mebibyte), 20 * mebibyte);
    expect(demand).toBeGreaterThanOrEqual(5 * mebibyte);
    expect(demand).toBeLessThanOrEqual(5.5 * mebibyte);
  });

  it.each([1, 2, 3, 5, 8])('is not misled by a tool that tells of its bytes in every look number %d only', (every) => {
    for (let late = 0; late < every; late++) {
      expect(demandOf(looks(28, 20 * mebibyte, 18 * mebibyte, every, late), 20 * mebibyte)).toBe(Infinity);
      expect(demandOf(looks(28, 20 * mebibyte, 10 * mebibyte, every, late), 20 * mebibyte)).toBeLessThan(14 * mebibyte);
    }
  });

  it('sees that one stands still that moved before', () => {
    const stopped = [...looks(20, 20 * mebibyte, 0), ...looks(8, 20 * mebibyte, 20 * mebibyte)];
    expect(demandOf(stopped, 20 * mebibyte)).toBeLessThan(12 * mebibyte);
  });

  it('does not judge before it has seen enough', () => {
    expect(demandOf(looks(20, 20 * mebibyte, 0), 20 * mebibyte)).toBe(Infinity);
    expect(demandOf([], 20 * mebibyte)).toBe(Infinity);
  });

  it('lets one that stands still keep so much that it could show it wants more', () => {
    expect(demandOf(looks(28, 20 * mebibyte, 0), 20 * mebibyte)).toBe(1.25 * mebibyte);
    expect(demandOf(looks(28, mebibyte, 0), mebibyte)).toBe(256 * 1024);
    expect(demandOf(looks(28, 1000, 0), 1000)).toBe(1000);
  });

  it('asks of one without a limit what it really used', () => {
    const demand = demandOf(looks(28, Infinity, 100 * mebibyte), 20 * mebibyte);
    expect(demand).toBeGreaterThanOrEqual(125 * mebibyte);
    expect(demand).toBeLessThan(Infinity);
  });

  it('never asks for less than what is used', () => {
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 40 }), fc.nat({ max: 2 ** 40 }), fc.integer({ min: 1, max: 2 ** 40 }), (allowed, moved, equal) => {
        expect(demandOf(looks(28, allowed, moved), equal)).toBeGreaterThanOrEqual(moved * (1 - 1e-9));
      }),
    );
  });
});
