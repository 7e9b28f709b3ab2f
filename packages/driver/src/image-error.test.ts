import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { errorCodes, exitStatus } from './error-codes.ts';
import { ImageError, isImageError } from './image-error.ts';

describe('ImageError', () => {
  it('is recognised across copies of the package by its brand', () => {
    class OtherCopy extends Error {
      static {
        Object.defineProperty(this.prototype, Symbol.for('image-api.ImageError'), { value: true });
      }
    }
    expect(isImageError(new OtherCopy())).toBe(true);
    expect(isImageError(new ImageError('no', { code: 'INTERNAL', origin: 'core' }))).toBe(true);
  });

  it('takes nothing else for one', () => {
    for (const value of [new Error('no'), null, undefined, 'INTERNAL', { code: 'INTERNAL' }]) expect(isImageError(value)).toBe(false);
  });

  it('is neither retryable nor untouched unless it says so', () => {
    const error = new ImageError('no', { code: 'NO_SPACE', origin: 'destination' });
    expect([error.retryable, error.untouched, error.details]).toEqual([false, false, {}]);
  });

  it('keeps its cause, and prints its name and code', () => {
    const cause = new Error('disk on fire');
    const error = new ImageError('cannot write', { code: 'WRITE_FAILED', origin: 'destination', cause });
    expect(error.cause).toBe(cause);
    expect(inspect(error)).toMatch(/ImageError: cannot write[^]*WRITE_FAILED/);
  });
});

describe('the table of codes', () => {
  it('gives every code an exit status the shell can tell from success', () => {
    for (const code of Object.keys(errorCodes) as (keyof typeof errorCodes)[]) {
      expect(exitStatus(code), code).toBeGreaterThan(0);
      expect(exitStatus(code), code).toBeLessThanOrEqual(130);
    }
  });
});
