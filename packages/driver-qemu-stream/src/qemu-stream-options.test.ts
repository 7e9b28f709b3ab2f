import { describe, expect, it } from 'vitest';
import { qemuStreamOptions } from './qemu-stream-options.ts';

describe('qemuStreamOptions', () => {
  it('has a default for everything that has one', () => {
    expect(qemuStreamOptions()).toEqual({ writable: true, sourceLossMs: 30_000, stallMs: 60_000, memory: 2 ** 32, compress: false });
  });

  it('lets one copy stand over the factory', () => {
    const settings = qemuStreamOptions({ stream: 'now', stallMs: 5000 }, { stream: 'never' });
    expect(settings).toMatchObject({ stream: 'never', stallMs: 5000 });
  });

  it.each([
    { stream: 'later' },
    { writable: 1 },
    { stallMs: 0 },
    { sourceLossMs: -1 },
    { memory: 1000 },
    { cpuSeconds: Number.NaN },
    { compress: 'yes' },
    { base: 'a.qcow2' },
    { speed: 5 },
  ])('refuses %j and says what it takes', (wrong) => {
    expect(() => qemuStreamOptions(wrong as object)).toThrow(
      expect.objectContaining({ code: 'BAD_OPTION', message: expect.stringContaining('it takes') }),
    );
  });
});
