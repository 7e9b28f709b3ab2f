import { describe, expect, it } from 'vitest';
import { cpOptions } from './cp-options.ts';

describe('cpOptions', () => {
  it('has a default for everything', () => {
    expect(cpOptions()).toEqual({ reflink: 'auto', stallMs: 120_000 });
  });

  it('lets one copy stand over the factory', () => {
    expect(cpOptions({ reflink: 'never', stallMs: 5000 }, { reflink: 'auto' })).toEqual({ reflink: 'auto', stallMs: 5000 });
  });

  it.each([{ reflink: 'always' }, { stallMs: 0 }, { stallMs: '5' }, { sparse: true }])('refuses %j and says what it takes', (wrong) => {
    expect(() => cpOptions(wrong)).toThrow(expect.objectContaining({ code: 'BAD_OPTION', message: expect.stringContaining('it takes') }));
  });
});
