import { describe, expect, it } from 'vitest';
import { listOf, piecesBetween } from './compare-ends.ts';

const chunk = 100;

describe('the pieces that must be sent', () => {
  it('are those that differ, neighbours joined', () => {
    const pieces = piecesBetween(['a', 'b', 'c', 'd', 'e'], ['a', 'x', 'y', 'd', 'z'], { held: 450, chunk, size: 450 });
    expect(pieces).toEqual([
      { from: 100, to: 300, exact: true },
      { from: 400, to: 450, exact: true },
    ]);
  });

  it('are none where nothing differs', () => {
    expect(piecesBetween(['a', '0'], ['a', '0'], { held: 200, chunk, size: 200 })).toEqual([]);
  });

  it('are all that is behind what is held, without its holes', () => {
    expect(piecesBetween(['a'], ['a'], { held: 70, chunk, size: 500 })).toEqual([{ from: 70, to: 500, exact: false }]);
  });

  it('are those that an end did not tell of', () => {
    expect(piecesBetween([], [], { held: 200, chunk, size: 200 })).toEqual([{ from: 0, to: 200, exact: true }]);
    expect(piecesBetween(['a', 'b'], ['a'], { held: 200, chunk, size: 200 })).toEqual([{ from: 100, to: 200, exact: true }]);
  });

  it('are written one a line', () => {
    const pieces = piecesBetween(['a'], ['b'], { held: 100, chunk, size: 300 });
    expect(listOf(pieces)).toBe('0 100 1\n100 300 0\n');
  });
});
