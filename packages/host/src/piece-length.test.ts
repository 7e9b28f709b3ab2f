import { describe, expect, it } from 'vitest';
import { longestPiece, pieceLength } from './piece-length.ts';

describe('pieceLength', () => {
  it('is the longest without a limit, and under a high one', () => {
    expect(pieceLength(undefined)).toBe(longestPiece);
    expect(pieceLength(1e12)).toBe(longestPiece);
  });

  it('is so short that no piece waits longer than a twentieth of a second', () => {
    for (const bandwidth of [1e5, 1e6, 4 * 2 ** 20, 1e7]) expect(pieceLength(bandwidth) / bandwidth).toBeLessThanOrEqual(0.05);
  });

  it('is a page at least, however low the limit', () => {
    expect(pieceLength(1)).toBe(4096);
  });
});
