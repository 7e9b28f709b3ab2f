import { describe, expect, it } from 'vitest';
import { overlap } from './places-of.ts';

const file = 'file 8 12';
const loop = ['device 7:0', file];
const [first, second] = [
  ['part 259:0', ...loop],
  ['part 259:1', ...loop],
];

describe('writing to the one changes the other', () => {
  it.each([
    ['a file and itself', [file], [file]],
    ['a file and the loop device that shows it', [file], loop],
    ['two loop devices that show one file', loop, ['device 7:1', file]],
    ['a disk and its partition', loop, second],
    ['a partition and itself', first, first],
    ['a partition and the file its disk is in', first, [file]],
  ])('%s', (_what, one, other) => {
    expect(overlap(one, other)).toBe(true);
    expect(overlap(other, one)).toBe(true);
  });
});

describe('writing to the one leaves the other alone', () => {
  it.each([
    ['two files', [file], ['file 8 13']],
    ['two disks', ['device 8:0'], ['device 8:16']],
    ['two partitions of a disk', first, second],
    ['a file and a loop device that shows another', ['file 8 13'], loop],
  ])('%s', (_what, one, other) => {
    expect(overlap(one, other)).toBe(false);
    expect(overlap(other, one)).toBe(false);
  });
});
