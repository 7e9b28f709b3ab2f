import { describe, expect, it } from 'vitest';
import { finalistsOf, mergeScores, raceInHeats } from './heats.ts';

describe('a race in heats', () => {
  const first = {
    title: 'x',
    times: [
      { name: 'ours', seconds: [9] },
      { name: 'slow', seconds: [8] },
      { name: 'quick', seconds: [1] },
    ],
  };

  it('goes on with ours and the fastest of the others', () => {
    expect(finalistsOf(first, 1)).toEqual(['ours', 'quick']);
  });

  it('keeps the one time of those who are out', () => {
    const rest = { title: 'x', times: [{ name: 'ours', seconds: [7, 6] }] };
    expect(mergeScores(first, rest).times.map(({ seconds }) => seconds)).toEqual([[9, 7, 6], [8], [1]]);
  });

  it('looks after each run of the first round whether the copy is right', async () => {
    const seen: string[] = [];
    const contenders = ['ours', 'theirs', 'others'].map((name) => ({ name, command: ['true'] as const }));
    const reset = async (): Promise<void> => void seen.push('reset');
    const check = async (): Promise<void> => void seen.push('check');
    const { times } = await raceInHeats('x', contenders, { rounds: 2, finalists: 1, reset, check });
    expect(seen.join(' ')).toBe('reset check reset check reset check reset reset');
    expect(times.reduce((sum, { seconds }) => sum + seconds.length, 0)).toBe(5);
  });

  it('is lost by whose copy is wrong', async () => {
    const wrong = { rounds: 1, finalists: 1, reset: async () => undefined, check: () => Promise.reject(new Error('differs')) };
    await expect(raceInHeats('x', [{ name: 'ours', command: ['true'] }], wrong)).rejects.toThrow('differs');
  });
});
