import type { Progress } from 'image-api';
import { describe, expect, it } from 'vitest';
import { percentOf, progressBarText, progressText } from './progress-text.ts';

const GiB = 2 ** 30;
const half: Progress = {
  phase: 'copy',
  bytesLogical: 5 * GiB,
  bytesRead: 5 * GiB,
  bytesSent: 4 * GiB,
  bytesSkipped: 0,
  total: { bytes: 10 * GiB, certainty: 'exact' },
  rate: 200 * 2 ** 20,
  secondsLeft: 25.6,
};

describe('progressText', () => {
  it('tells phase, percent, amount, speed and time left', () => {
    expect(progressText(half)).toBe('copy   50 %  5 GiB of 10 GiB  200 MiB/s  25.6s left');
  });

  it('says about where the total is an estimate', () => {
    expect(progressText({ ...half, total: { bytes: 10 * GiB, certainty: 'estimated' } })).toContain('5 GiB of about 10 GiB');
  });

  it('tells only what is known', () => {
    const { total: _total, secondsLeft: _left, ...start } = half;
    expect(progressText({ ...start, bytesLogical: 0, rate: 0 })).toBe('copy  0 B');
  });

  it('escapes a phase that comes from a driver', () => {
    expect(progressText({ ...half, phase: 'x\u001b[2J' })).toMatch(/^x\\x1b\[2J/);
  });
});

describe('progressBarText', () => {
  it('draws half of a bar for half of the bytes', () => {
    const line = progressBarText(half, 100);
    expect(line).toMatch(/^copy {5}\[=+ +\] {2} 50 %/);
    expect(line.match(/=/g)?.length).toBe(18);
  });

  it('keeps the width of its bar while the words change', () => {
    const widthOf = (progress: Progress): number => progressBarText(progress, 100).lastIndexOf(']');
    expect(widthOf({ ...half, phase: 'verify', rate: 0 })).toBe(widthOf(half));
  });

  it.each([200, 100, 80, 70, 60, 40, 10, 1])('stays within %d columns', (columns) => {
    expect(progressBarText(half, columns).length).toBeLessThan(Math.max(columns, 1));
  });
});

describe('percentOf', () => {
  it.each([
    [0, 10, 0],
    [9.99, 10, 99],
    [10, 10, 100],
    [12, 10, 100],
    [0, 0, 100],
  ])('of %d of %d is %d', (bytesLogical, bytes, percent) => {
    expect(percentOf({ ...half, bytesLogical, total: { bytes, certainty: 'exact' } })).toBe(percent);
  });
});
