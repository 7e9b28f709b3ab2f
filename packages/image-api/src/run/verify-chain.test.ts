import { expect, it } from 'vitest';
import { judgeCheck } from './verify-chain.ts';

it.each([
  [0, 'sound'],
  [3, 'sound'],
  [2, 'corrupt'],
  [127, 'no tool'],
  [1, 'failed'],
  [63, 'failed'],
  [null, 'failed'],
])('takes an exit status of %s for %s', (exitCode, verdict) => {
  expect(judgeCheck({ exitCode })).toBe(verdict);
});
