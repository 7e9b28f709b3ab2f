import { describe, expect, it } from 'vitest';
import { countersOf, createLineReader, parseLine } from './rsync-progress.ts';

describe('parseLine', () => {
  it('reads a position with and without commas', () => {
    expect(parseLine('     26,214,400  26%   24.03MB/s    0:00:03')).toEqual({ kind: 'progress', bytesLogical: 26_214_400 });
    expect(parseLine('       67108864 100%   89.59MB/s    0:00:00 (xfr#1, to-chk=0/1)')).toEqual({
      kind: 'progress',
      bytesLogical: 67_108_864,
    });
  });
  it('reads a total of the end', () => {
    expect(parseLine('Literal data: 75497472 bytes')).toEqual({ kind: 'total', name: 'literal', bytes: 75_497_472 });
  });
  it('passes over everything else', () => {
    expect(parseLine('Number of files: 1 (reg: 1)')).toBeUndefined();
  });
});

describe('createLineReader', () => {
  it('joins pieces and cuts at carriage returns too', () => {
    const lines: string[] = [];
    const read = createLineReader((line) => lines.push(line));
    for (const piece of ['\r  1 ', '0%\r  2 1', '00%\n']) read(piece);
    expect(lines).toEqual(['  1 0%', '  2 100%']);
  });
});

describe('countersOf', () => {
  it('counts what was equal as skipped, and nothing as sent without a network', () => {
    const totals = new Map([
      ['size', 10],
      ['literal', 4],
      ['matched', 6],
      ['sent', 7],
      ['received', 2],
    ] as const);
    expect(countersOf(totals, true)).toEqual({ bytesLogical: 10, bytesRead: 10, bytesSkipped: 6, bytesSent: 9 });
    expect(countersOf(totals, false).bytesSent).toBe(0);
  });
});
