import { describe, expect, it } from 'vitest';
import { readSample, unknownSample } from './take-sample.ts';

describe('a sample', () => {
  it('is what both scripts said', () => {
    expect(readSample('  1500000\n8\n', 'zstd: a remark\n\nimage-api sample 400000000 3145728 3000000\n')).toEqual({
      sample: { data: 400_000_000, looked: 3_145_728, solid: 3_000_000, packed: 1_500_000 },
      processors: 8,
    });
  });

  it('is none where one of them did not come to its end', () => {
    expect(readSample('0\n8\n', '\nimage-api read 13\n')).toBeUndefined();
    expect(readSample('', '\nimage-api sample 1 1 1\n')).toBeUndefined();
  });

  it('that could not be taken counts what takes room on disk as data that does not shrink', () => {
    expect(unknownSample({ kind: 'file', size: 100, allocated: 40 })).toEqual({ data: 40, looked: 40, solid: 40, packed: 40 });
    expect(unknownSample({ kind: 'block', size: 100 })).toEqual({ data: 100, looked: 100, solid: 100, packed: 100 });
  });
});
