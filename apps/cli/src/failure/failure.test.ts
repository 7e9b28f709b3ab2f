import { ImageError } from '@image-api/driver';
import { describe, expect, it } from 'vitest';
import { failureRecord } from './failure-record.ts';
import { failureText } from './failure-text.ts';
import { toImageError } from './to-image-error.ts';

const circular: Record<string, unknown> = {};
circular['self'] = circular;

const refused = new ImageError('host b refused us\nroot login is off\u0007; check `ssh b true`', {
  code: 'AUTH_DENIED',
  origin: 'destination',
  driver: 'rsync',
  details: { exitCode: 255, circular, inode: 7n },
  cause: new Error('Permission denied (publickey)'),
});

describe('failureText', () => {
  it('is a sentence, without a stack and without control characters', () => {
    expect(failureText(refused, false)).toBe('imagectl: host b refused us\n  root login is off\\x07; check `ssh b true`\n');
  });

  it('with debug tells where it came from, and from what', () => {
    const text = failureText(refused, true);
    expect(text).toContain('failure.test.ts');
    expect(text).toContain('caused by Error: Permission denied (publickey)');
    expect(text).toContain('exitCode: 255');
    expect(text.split('\n').filter((line) => line.startsWith('imagectl'))).toHaveLength(1);
  });
});

describe('failureRecord', () => {
  it('holds code, origin, driver and exit status, and only what JSON can hold', () => {
    expect(JSON.parse(JSON.stringify(failureRecord(refused)))).toMatchObject({
      type: 'error',
      code: 'AUTH_DENIED',
      origin: 'destination',
      driver: 'rsync',
      exitStatus: 7,
      retryable: false,
      details: { exitCode: 255, inode: '7' },
    });
  });
});

describe('toImageError', () => {
  it('keeps an ImageError as it is', () => {
    expect(toImageError(refused)).toBe(refused);
  });

  it('takes what nobody foresaw for a mistake of ours', () => {
    expect(toImageError(new TypeError('x is not a function'))).toMatchObject({
      code: 'INTERNAL',
      message: expect.stringContaining('x is not a function'),
    });
    expect(toImageError('just text').message).toContain('just text');
  });

  it('tells a machine that has no more to give from a mistake', () => {
    const scarce = Object.assign(new Error('EMFILE: too many open files'), { code: 'EMFILE' });
    expect(toImageError(scarce)).toMatchObject({ code: 'RESOURCES', message: expect.stringContaining('raise the limit') });
  });
});
