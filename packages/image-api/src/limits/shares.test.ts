import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fairShares, nextShare } from './shares.ts';
import type { Standing } from './shares.ts';

const rate = fc.integer({ min: 0, max: 2 ** 40 });
const wish = fc.oneof(rate, fc.constant(Infinity));
const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

describe('fairShares', () => {
  it.each([
    [60, [Infinity, Infinity, Infinity], [20, 20, 20]],
    [60, [5, Infinity, Infinity], [5, 27, 28]],
    [60, [Infinity, 10, 15], [35, 10, 15]],
    [60, [10, 10], [10, 10]],
    [60, [0, Infinity], [0, 60]],
    [60, [], []],
  ])('divides %d among %j', (budget, demands, shares) => {
    expect(fairShares(budget, demands)).toEqual(shares);
  });

  it('never gives more than there is, nor more than was asked for', () => {
    fc.assert(
      fc.property(rate, fc.array(wish, { maxLength: 20 }), (budget, demands) => {
        const shares = fairShares(budget, demands);
        expect(sum(shares)).toBeLessThanOrEqual(budget);
        shares.forEach((share, index) => expect(share).toBeLessThanOrEqual(demands[index] ?? 0));
      }),
    );
  });

  it('leaves nothing over that somebody could use', () => {
    fc.assert(
      fc.property(rate, fc.array(wish, { minLength: 1, maxLength: 20 }), (budget, demands) => {
        expect(sum(fairShares(budget, demands))).toBe(Math.min(budget, sum(demands)));
      }),
    );
  });

  it('lets nobody have less than another who is not content with less', () => {
    fc.assert(
      fc.property(rate, fc.array(wish, { minLength: 2, maxLength: 20 }), (budget, demands) => {
        const shares = fairShares(budget, demands);
        const most = Math.max(...shares);
        shares.forEach((share, index) => share < (demands[index] ?? 0) && expect(share).toBeGreaterThanOrEqual(most - demands.length));
      }),
    );
  });
});

describe('nextShare', () => {
  const greedy = (holds: number): Standing => ({ demand: Infinity, holds });

  it('takes what is there when it is alone', () => {
    expect(nextShare(60, [greedy(0)], 0)).toBe(60);
    expect(nextShare(Infinity, [greedy(0)], 0)).toBe(Infinity);
  });

  it('gives back at once what is more than its part', () => {
    expect(nextShare(60, [greedy(60), greedy(0)], 0)).toBe(30);
    expect(nextShare(60, [greedy(Infinity)], 0)).toBe(60);
  });

  it('waits until others have given back', () => {
    expect(nextShare(60, [greedy(0), greedy(60)], 0)).toBe(0);
    expect(nextShare(60, [greedy(0), greedy(50)], 0)).toBe(10);
    expect(nextShare(60, [greedy(0), greedy(0), greedy(50)], 0)).toBe(5);
    expect(nextShare(60, [greedy(0), greedy(Infinity)], 0)).toBe(0);
  });

  it('leaves to a member that cannot be reached what it holds', () => {
    expect(nextShare(60, [greedy(60), { ...greedy(20), deaf: true }], 0)).toBe(40);
    expect(nextShare(60, [greedy(0), { ...greedy(80), deaf: true }], 0)).toBe(0);
  });

  it('gives nothing to who wants nothing', () => {
    expect(nextShare(60, [{ demand: 0, holds: 20 }, greedy(40)], 0)).toBe(0);
    expect(nextShare(Infinity, [{ demand: 0, holds: 20 }], 0)).toBe(0);
  });

  it('never lets all together hold more than the budget, in whatever order they look', () => {
    const standing = wish.map((demand): Standing => ({ demand, holds: 0 }));
    const turns = fc.array(fc.nat({ max: 7 }), { maxLength: 60 });
    fc.assert(
      fc.property(rate, fc.array(standing, { minLength: 1, maxLength: 8 }), turns, (budget, standings, order) => {
        const members = [...standings];
        for (const turn of order) {
          const index = turn % members.length;
          const holds = nextShare(budget, members, index);
          members[index] = { demand: members[index]?.demand ?? 0, holds };
          expect(sum(members.map((member) => member.holds))).toBeLessThanOrEqual(budget);
        }
      }),
    );
  });

  it('comes to the fair shares within a few rounds, wherever it began', () => {
    const standing = fc.record({ demand: wish, holds: rate });
    fc.assert(
      fc.property(rate, fc.array(standing, { minLength: 1, maxLength: 8 }), (budget, standings) => {
        let members: readonly Standing[] = standings;
        for (let round = 0; round < 4; round++)
          for (let index = 0; index < members.length; index++) {
            const holds = nextShare(budget, members, index);
            members = members.with(index, { demand: members[index]?.demand ?? 0, holds });
          }
        const fair = fairShares(
          budget,
          members.map(({ demand }) => demand),
        );
        members.forEach(({ holds }, index) => expect(Math.abs(holds - (fair[index] ?? 0))).toBeLessThanOrEqual(members.length));
      }),
    );
  });
});
