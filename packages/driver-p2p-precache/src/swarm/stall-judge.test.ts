import { expect, it } from 'vitest';
import type { SwarmState, SwarmStats } from '../engine/swarm-engine.ts';
import { StallJudge } from './stall-judge.ts';

const size = 64 * 2 ** 20;
const stats = (verified: number, state: SwarmState = 'downloading'): SwarmStats => ({
  state,
  size,
  verified,
  pieces: { verified: verified / 2 ** 18, total: 256 },
  missing: [],
  downloaded: 0,
  uploaded: 0,
  wasted: 0,
  downloadRate: 0,
  uploadRate: 0,
  peers: [],
});
const judgeAfter = (looks: readonly (readonly [ms: number, stats: SwarmStats])[], bandwidth?: number): readonly boolean[] => {
  const judge = new StallJudge(1000, 0);
  return looks.map(([ms, seen]) => judge.isStalled(seen, ms, bandwidth));
};

it('gives up when no piece was verified for so long', () => {
  const looks = [[500, stats(0)], [1499, stats(0)], [1500, stats(0)]] as const; // prettier-ignore
  expect(judgeAfter(looks)).toEqual([false, false, true]);
});

it('begins anew with every piece', () => {
  const looks = [[900, stats(0)], [1800, stats(2 ** 18)], [2799, stats(2 ** 18)], [2800, stats(2 ** 18)]] as const; // prettier-ignore
  expect(judgeAfter(looks)).toEqual([false, false, false, true]);
});

it.each(['paused', 'checking'] as const)('does not count the time in which it is %s', (state) => {
  const looks = [[0, stats(0)], [5000, stats(0, state)], [5500, stats(0)], [6499, stats(0)], [6500, stats(0)]] as const; // prettier-ignore
  expect(judgeAfter(looks)).toEqual([false, false, false, false, true]);
});

it('waits longer at a low limit, at which a piece takes a while', () => {
  const looks = [[0, stats(0)], [2999, stats(0)], [3000, stats(0)]] as const; // prettier-ignore
  expect(judgeAfter(looks, 2 ** 20)).toEqual([false, false, true]);
});
