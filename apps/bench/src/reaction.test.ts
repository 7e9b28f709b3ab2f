import { describe, expect, it } from 'vitest';
import { copyTimeline } from './copy-timeline.ts';
import { reactionTo } from './reaction.ts';

/** Four reports a second of a copy that goes at 100, but at 5 between two moments. */
const rates = (low: number, high: number): readonly (readonly [number, number])[] =>
  Array.from({ length: 120 }, (_, index) => {
    const seconds = index / 4;
    return [seconds, seconds >= low && seconds < high ? 5 : 100];
  });

describe('reactionTo', () => {
  it('tells how long it took to give way and to come back', () => {
    expect(reactionTo({ from: 8, to: 16 }, rates(9.5, 18))).toEqual({ gaveWay: 1.5, cameBack: 2 });
  });

  it('tells when it never did', () => {
    expect(reactionTo({ from: 8, to: 16 }, rates(40, 41)).gaveWay).toBe(Infinity);
    expect(reactionTo({ from: 8, to: 16 }, rates(9, 40)).cameBack).toBe(Infinity);
  });
});

describe('copyTimeline', () => {
  it('reads rates and limits from what a copy tells', () => {
    const lines = [
      { type: 'plan' },
      { type: 'progress', bytesLogical: 0 },
      { type: 'limits', limits: { bandwidth: 7 }, reason: 'because' },
      { type: 'progress', bytesLogical: 50 },
      { type: 'limits', limits: {} },
    ].map((event, index) => ({ seconds: index / 4, line: JSON.stringify(event) }));
    expect(copyTimeline(lines)).toEqual({
      rates: [[0.5, 100]],
      limits: [
        { seconds: 0.5, bandwidth: 7, reason: 'because' },
        { seconds: 1, bandwidth: Infinity, reason: '' },
      ],
    });
  });
});
