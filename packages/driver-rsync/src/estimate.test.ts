import { describe, expect, it } from 'vitest';
import { estimateSeconds } from './estimate.ts';
import { patienceMs } from './patience.ts';

const gibibyte = 2 ** 30;
const copy = { size: 4 * gibibyte, allocated: gibibyte, held: 0, overNetwork: true, packed: true, idle: false };

describe('estimateSeconds', () => {
  it('counts holes for little where they are packed, and in full where they are not', () => {
    expect(estimateSeconds({ ...copy, packed: false })).toBeGreaterThan(2 * estimateSeconds(copy));
  });
  it('follows the limit', () => {
    expect(estimateSeconds({ ...copy, limit: 2 ** 20 })).toBeGreaterThan(1024);
  });
  it('counts what is held for less than what has to come', () => {
    expect(estimateSeconds({ ...copy, packed: false, held: 4 * gibibyte })).toBeLessThan(estimateSeconds({ ...copy, packed: false }));
  });
  it('counts on less of a disk that it leaves to others', () => {
    const local = { ...copy, overNetwork: false, packed: false };
    expect(estimateSeconds({ ...local, idle: true })).toBeGreaterThan(2 * estimateSeconds(local));
  });
  it('knows an empty image', () => {
    expect(estimateSeconds({ ...copy, size: 0, allocated: 0 })).toBeCloseTo(0.4);
  });
});

describe('patienceMs', () => {
  it('waits longer while a destination is read for comparing, and where a limit is low', () => {
    expect(patienceMs(120_000, undefined, 0)).toBe(120_000);
    expect(patienceMs(120_000, undefined, 100e9)).toBe(120_000 + 2_000_000);
    expect(patienceMs(120_000, 1, 0)).toBe(120_000 + 1_024_000);
  });
});
