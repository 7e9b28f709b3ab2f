import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { together } from '@image-api/host';
import { bytesIn, piecesOf } from './pieces.ts';

const kib = 1024;
const extents = fc.array(fc.tuple(fc.integer({ min: 0, max: 500 }), fc.integer({ min: 1, max: 500 })), { maxLength: 20 }).map((gaps) => {
  let at = 0;
  return gaps.map(([gap, length]) => ({ from: (at += gap), to: (at += length) }));
});
const lengths = fc.infiniteStream(fc.constantFrom(4, 16, 64, 256));

describe('piecesOf', () => {
  it('yields all data once and nothing else, whatever the lengths', () => {
    fc.assert(
      fc.property(extents, lengths, (given, stream) => {
        const pieces = [...piecesOf(given, () => stream.next().value as number)];
        expect(
          together(
            pieces.flatMap(({ runs }) => runs),
            [],
          ),
        ).toEqual(together(given, []));
        expect(bytesIn(pieces.flatMap(({ runs }) => runs))).toBe(bytesIn(given));
      }),
    );
  });

  it('yields pieces that follow each other, none longer than asked for, none over a multiple of its length', () => {
    fc.assert(
      fc.property(extents, fc.constantFrom(4, 16, 64, 256), (given, length) => {
        let before = 0;
        for (const { from, to, runs } of piecesOf(given, () => length)) {
          expect(from).toBeGreaterThanOrEqual(before);
          expect(to - from).toBeGreaterThan(0);
          expect(Math.floor(from / length)).toBe(Math.floor((to - 1) / length));
          expect([runs[0]?.from, runs.at(-1)?.to]).toEqual([from, to]);
          before = to;
        }
      }),
    );
  });

  it('gathers what is scattered', () => {
    const scattered = Array.from({ length: 4 }, (_, index) => ({ from: index * 128 * kib, to: index * 128 * kib + 4 * kib }));
    expect([...piecesOf(scattered, () => 1024 * kib)]).toEqual([{ from: 0, to: 388 * kib, runs: scattered }]);
  });
});
