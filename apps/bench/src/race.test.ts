import { describe, expect, it } from 'vitest';
import { formatScore, median, race } from './race.ts';

describe('a race', () => {
  it('lets each contender run once a round, and resets before each', async () => {
    let resets = 0;
    const contenders = [
      { name: 'ours', command: ['true'] },
      { name: 'theirs', command: ['true'] },
    ] as const;
    const { times } = await race('nothing', contenders, 3, async () => {
      resets += 1;
    });
    expect(times.map(({ seconds }) => seconds.length)).toEqual([3, 3]);
    expect(resets).toBe(6);
  });

  it('is lost by a contender that fails', async () => {
    const contenders = [{ name: 'ours', command: ['false'] }] as const;
    await expect(race('nothing', contenders, 1, async () => undefined)).rejects.toThrow(/exit code 1/);
  });

  it('is decided by the minimum', () => {
    const times = [
      { name: 'ours', seconds: [3, 2, 9] },
      { name: 'theirs', seconds: [1, 4, 4] },
    ];
    expect(formatScore({ title: 'x', times })).toMatch(/theirs .* min 1\.000 s {3}median 4\.000 s {3}ours ÷ this 2\.00/);
  });

  it.each([
    [[3, 1, 2], 2],
    [[4, 1, 2, 3], 2.5],
  ])('has the median of %j at %d', (numbers, middle) => {
    expect(median(numbers)).toBe(middle);
  });
});
