import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { bitsOf, chunkOf, listOf, piecesBetween } from './compare-ends.ts';
import type { Piece } from './compare-ends.ts';
import { spellScript } from './spell-script.ts';

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
    expect(listOf(pieces)).toBe('0 100 1\n100 300 0\nend\n');
  });
});

describe('the bits of the chunks that differ', () => {
  const held = 10 * 2 ** 20;
  const whole = (from: number, to: number): Piece => ({ from: from * 2 ** 20, to: to * 2 ** 20, exact: true });

  it.each<[string, readonly Piece[], number]>([
    ['some', [whole(1, 3), whole(8, 10)], 10 * 2 ** 20],
    ['the last, which is shorter', [{ ...whole(9, 10), to: held - 5 }], held - 5],
    ['none', [], 10 * 2 ** 20],
    ['all, and what is behind', [whole(0, 10), { from: held, to: 2 * held, exact: false }], 10 * 2 ** 20],
  ])('are spelled out over there as they were told here: %s', (_what, pieces, held) => {
    const chunk = 2 ** 20;
    const size = Math.max(held, pieces.at(-1)?.to ?? 0);
    const words = [String(chunk), String(held), String(size), bitsOf({ pieces, held, chunk })];
    expect(execFileSync('perl', ['-e', spellScript, '--', ...words], { encoding: 'utf8' })).toBe(listOf(pieces));
  });

  it('fit into the words of a command, however large the image is', () => {
    for (const held of [2 ** 30, 2 ** 34, 2 ** 40, 2 ** 44]) {
      const pieces = [{ from: 0, to: held, exact: true }];
      expect(bitsOf({ pieces, held, chunk: chunkOf(held) }).length).toBeLessThanOrEqual(2 ** 16);
    }
    expect([2 ** 20, 2 ** 30, 2 ** 31, 2 ** 40].map(chunkOf)).toEqual([2 ** 20, 2 ** 20, 2 ** 22, 2 ** 22]);
  });
});
