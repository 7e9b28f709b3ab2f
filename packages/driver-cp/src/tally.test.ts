import { describe, expect, it } from 'vitest';
import { cloneCounters, Tally } from './tally.ts';

const piece = (from: number, to: number): { from: number; to: number; runs: { from: number; to: number }[] } => ({
  from,
  to,
  runs: [{ from, to }],
});

describe('Tally', () => {
  it('is as far as all before the first piece that is not done', () => {
    const tally = new Tally(100);
    const [one, two] = [piece(0, 10), piece(20, 30)];
    tally.begin(one);
    tally.begin(two);
    tally.done(two, 10);
    expect(tally.counters).toEqual({ bytesLogical: 0, bytesRead: 10, bytesSent: 0, bytesSkipped: 10 });
    tally.done(one, 10);
    expect(tally.counters).toEqual({ bytesLogical: 30, bytesRead: 20, bytesSent: 0, bytesSkipped: 10 });
  });

  it('skips holes, within pieces, between and behind them, and what was there already', () => {
    const tally = new Tally(100);
    const scattered = { from: 10, to: 30, runs: [{ from: 10, to: 12 }, { from: 28, to: 30 }] }; // prettier-ignore
    tally.begin(scattered);
    tally.done(scattered, 2);
    expect(tally.finalCounters).toEqual({ bytesLogical: 100, bytesRead: 4, bytesSent: 0, bytesSkipped: 98 });
  });

  it('of a clone skips everything', () => {
    expect(cloneCounters(7)).toEqual({ bytesLogical: 7, bytesRead: 0, bytesSent: 0, bytesSkipped: 7 });
  });
});
