import { describe, expect, it } from 'vitest';
import { union, within, without } from './extents.ts';
import { FetchCount } from './fetch-count.ts';

const mib = 2 ** 20;
const from = (start: number, end: number): { from: number; to: number } => ({ from: start * mib, to: end * mib });

describe('FetchCount', () => {
  it('takes all that the background passes for what it brought, where nobody else was', () => {
    const count = new FetchCount();
    count.begin([]);
    count.advance(5 * mib);
    count.advance(8 * mib);
    expect([count.fetched, count.onDemand]).toEqual([8 * mib, 0]);
  });

  it('counts what came ahead of the background once, and apart', () => {
    const count = new FetchCount();
    count.begin([]);
    count.look({ there: [from(0, 1), from(6, 7)], written: [] }, mib);
    count.look({ there: [from(0, 1), from(6, 8)], written: [] }, mib);
    count.advance(10 * mib);
    expect([count.fetched, count.onDemand]).toEqual([10 * mib, 2 * mib]);
  });

  it('counts nothing that was there before it began', () => {
    const count = new FetchCount();
    count.begin([from(2, 4)]);
    count.look({ there: [from(2, 4)], written: [] }, 0);
    count.advance(8 * mib);
    expect([count.fetched, count.onDemand]).toEqual([6 * mib, 0]);
  });

  it('does not take for read what a guest wrote', () => {
    const count = new FetchCount();
    count.begin([]);
    count.look({ there: [from(2, 5)], written: [from(3, 4)] }, 0);
    count.advance(8 * mib);
    expect([count.fetched, count.onDemand]).toEqual([7 * mib, 2 * mib]);
  });

  it('goes on counting when the background begins anew', () => {
    const count = new FetchCount();
    count.begin([]);
    count.look({ there: [from(6, 7)], written: [] }, 0);
    count.advance(2 * mib);
    count.begin([from(0, 2), from(6, 7)]);
    count.advance(8 * mib);
    expect([count.fetched, count.onDemand]).toEqual([8 * mib, mib]);
  });
});

describe('extents', () => {
  it('are put together where they touch', () => {
    expect(union([from(0, 2), from(6, 7)], [from(1, 3), from(3, 4)])).toEqual([from(0, 4), from(6, 7)]);
  });

  it('are taken apart by what is in others', () => {
    expect(without([from(0, 4), from(5, 9)], [from(1, 2), from(3, 6), from(8, 20)])).toEqual([from(0, 1), from(2, 3), from(6, 8)]);
    expect(without([from(0, 4)], [])).toEqual([from(0, 4)]);
  });

  it('are cut at two places', () => {
    expect(within([from(0, 4), from(5, 9)], 3 * mib, 6 * mib)).toEqual([from(3, 4), from(5, 6)]);
  });
});
