import { expect, it } from 'vitest';
import { resolveOptions } from './rsync-options.ts';

it('lets the options of a copy win over those of the driver', () => {
  expect(resolveOptions({ compress: 'none', stallMs: 5000 }, { compress: 'zstd' })).toEqual({
    compress: 'zstd',
    compressLevel: 1,
    stallMs: 5000,
  });
});

it.each([
  [{ compress: 'gzip' }],
  [{ compress: 'zstd', compressLevel: 23 }],
  [{ compress: 'auto', compressLevel: 3 }],
  [{ stallMs: 10 }],
  [{ passwordFile: 'relative' }],
  [{ colour: 'red' }],
])('refuses %j and names the option', (copy) => {
  expect(() => resolveOptions({}, copy)).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
});
