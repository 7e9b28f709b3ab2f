import { expect, it } from 'vitest';
import { ReadPattern } from './read-pattern.ts';

const mebibyte = 1024 * 1024;

it('knows who reads in order, also when several do', () => {
  const pattern = new ReadPattern();
  expect(pattern.isNext(0, 10)).toBe(false);
  expect(pattern.isNext(10, 10)).toBe(true);
  expect(pattern.isNext(900 * mebibyte, 10)).toBe(false);
  expect(pattern.isNext(20, 10)).toBe(true);
  expect(pattern.isNext(900 * mebibyte + 10, 10)).toBe(true);
});

it('takes what is left out for part of the run, unless it is much', () => {
  const pattern = new ReadPattern();
  pattern.isNext(0, 10);
  expect(pattern.isNext(mebibyte, 10)).toBe(true);
  expect(pattern.isNext(6 * mebibyte, 10)).toBe(false);
  expect(pattern.isNext(0, 10)).toBe(false);
});

it('forgets the run that was not used for longest', () => {
  const pattern = new ReadPattern();
  for (let run = 0; run < 5; run++) pattern.isNext(run * 100 * mebibyte, 10);
  expect(pattern.isNext(10, 10)).toBe(false);
  expect(pattern.isNext(400 * mebibyte + 10, 10)).toBe(true);
});
