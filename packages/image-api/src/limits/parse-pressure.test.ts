import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parsePressure } from './parse-pressure.ts';

const text = 'some avg10=1.40 avg60=0.53 avg300=0.31 total=224576197\nfull avg10=0.00 avg60=0.16 avg300=0.08 total=52224593\n';

it('reads for how long somebody waited, in milliseconds', () => {
  expect(parsePressure(text)).toBe(224_576.197);
});

it.each(['', 'full avg10=0.00 total=1\n', 'some avg10=0.00\n', 'some total=x\n'])('reads nothing in %j', (other) => {
  expect(parsePressure(other)).toBeUndefined();
});

it.skipIf(!existsSync('/proc/pressure/io'))('reads what the kernel of this machine says, if it measures', () => {
  expect(parsePressure(readFileSync('/proc/pressure/io', 'latin1'))).toBeGreaterThanOrEqual(0);
});
