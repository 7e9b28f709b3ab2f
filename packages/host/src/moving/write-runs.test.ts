import { describe, expect, it } from 'vitest';
import { granule, missingIn, writesFor } from './write-runs.ts';

describe('missingIn', () => {
  it('leaves out the granules that are there, and joins the others', () => {
    const there = new Set([granule, 4 * granule]);
    expect(missingIn([{ from: 0, to: 5 * granule }], ({ from }) => there.has(from))).toEqual([
      { from: 0, to: granule },
      { from: 2 * granule, to: 4 * granule },
    ]);
  });

  it('asks about no byte that is not in a run', () => {
    const asked: unknown[] = [];
    const runs = [
      { from: 100, to: granule + 100 },
      { from: granule + 4096, to: granule + 8192 },
    ];
    missingIn(runs, (extent) => (asked.push(extent), true));
    expect(asked).toEqual([
      { from: 100, to: granule },
      { from: granule, to: granule + 100 },
      { from: granule + 4096, to: granule + 8192 },
    ]);
  });
});

describe('writesFor', () => {
  it('goes past the page cache with whole blocks only', () => {
    expect(writesFor([{ from: 1024, to: 102_400 + 10 }], true)).toEqual([
      { from: 1024, to: 4096, direct: false },
      { from: 4096, to: 102_400, direct: true },
      { from: 102_400, to: 102_410, direct: false },
    ]);
  });

  it('leaves what is short, or what the filesystem does not take, to the system', () => {
    expect(writesFor([{ from: 4096, to: 8192 }], true)).toEqual([{ from: 4096, to: 8192, direct: false }]);
    expect(writesFor([{ from: 0, to: 2 ** 20 }], false)).toEqual([{ from: 0, to: 2 ** 20, direct: false }]);
  });
});
