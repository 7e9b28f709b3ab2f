import { describe, expect, it } from 'vitest';
import { scpOptions } from './scp-options.ts';

describe('scpOptions', () => {
  it('has a default for everything', () => {
    expect(scpOptions()).toEqual({ compress: false, stallMs: 60_000 });
  });

  it('lets one copy stand over the factory', () => {
    expect(scpOptions({ compress: true, stallMs: 5000 }, { compress: false })).toEqual({ compress: false, stallMs: 5000 });
  });

  it.each([{ compress: 'yes' }, { stallMs: -1 }, { stallMs: Number.NaN }, { cipher: 'none' }])(
    'refuses %j and says what it takes',
    (wrong) => {
      expect(() => scpOptions(wrong)).toThrow(
        expect.objectContaining({ code: 'BAD_OPTION', message: expect.stringContaining('it takes') }),
      );
    },
  );
});
