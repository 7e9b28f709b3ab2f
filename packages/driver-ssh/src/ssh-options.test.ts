import { describe, expect, it } from 'vitest';
import { sshOptions } from './ssh-options.ts';

describe('the options of ssh', () => {
  it('have defaults', () => {
    expect(sshOptions()).toEqual({ compress: 'auto', stallMs: 60_000 });
  });

  it('of one copy win over those of the factory', () => {
    expect(sshOptions({ compress: 'gzip', stallMs: 5 }, { compress: 'none' })).toEqual({ compress: 'none', stallMs: 5 });
  });

  it.each<object>([{ compres: 'zstd' }, { compress: 'lz4' }, { compress: true }, { stallMs: 0 }, { stallMs: '60' }, { size: 1 }])(
    'are not %j',
    (options) => {
      expect(() => sshOptions(options)).toThrow(expect.objectContaining({ code: 'BAD_OPTION', origin: 'caller', untouched: true }));
    },
  );
});
