import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ImageError } from '@image-api/driver';
import type { KnownEndpoint, TransferRequest } from '@image-api/driver';
import { cpError, isCloneRefusal, ofCp } from './cp-errors.ts';
import type { Ending } from './cp-errors.ts';

const said = (name: string): string => readFileSync(new URL(`__fixtures__/${name}.txt`, import.meta.url), 'utf8');
const failed = (name: string): Ending => ({ exitCode: 1, signal: null, stderr: said(name) });
const file = (path: string): KnownEndpoint => ({ scheme: 'file', path, params: {}, href: path, facts: { kind: 'file', size: 31_457_280 } });
const request = (from: string, to: string): TransferRequest => ({
  id: 'task-1',
  from: file(from),
  to: file(to),
  name: file('/images/disk.raw'),
  overwrite: 'never',
  limits: {},
  priority: 'normal',
  driverOptions: {},
});

describe('cpError', () => {
  it.each([
    ['cp-read-only', 'DESTINATION_UNWRITABLE', 'destination'],
    ['cp-to-unwritable', 'DESTINATION_UNWRITABLE', 'destination'],
    ['cp-to-immutable', 'DESTINATION_UNWRITABLE', 'destination'],
    ['cp-from-missing', 'SOURCE_MISSING', 'source'],
    ['cp-from-unreadable', 'SOURCE_UNREADABLE', 'source'],
    ['cp-to-directory', 'DESTINATION_KIND', 'destination'],
    ['cp-from-directory', 'SOURCE_KIND', 'source'],
  ])('judges %s as %s', (name, code, origin) => {
    expect(cpError(failed(name), request('/images/from.raw', '/images/full/to.raw'), false)).toMatchObject({ code, origin, driver: 'cp' });
  });

  it('says untouched only when it is told so', () => {
    const ends = request('/images/from.raw', '/images/full/to.raw');
    expect(cpError(failed('cp-from-missing'), ends, true).untouched).toBe(true);
    expect(cpError(failed('cp-from-missing'), ends, false).untouched).toBe(false);
  });

  it('takes a kill by somebody else for a lack of memory that may pass', () => {
    expect(cpError({ exitCode: null, signal: 'SIGKILL', stderr: '' }, request('/a', '/b'), false)).toMatchObject({
      code: 'RESOURCES',
      retryable: true,
    });
  });

  it('passes on words it does not know, without control characters', () => {
    const error = cpError({ exitCode: 1, signal: null, stderr: 'cp: \u001b[31mwhat\u0007\n' }, request('/a', '/b'), false);
    expect(error.code).toBe('TOOL_FAILED');
    expect(error.message).toContain(String.raw`cp: \x1b[31mwhat\x07`);
  });
});

describe('isCloneRefusal', () => {
  it('is true where blocks cannot be shared', () => {
    expect(isCloneRefusal(failed('cp-clone-refused'))).toBe(true);
    expect(isCloneRefusal(failed('cp-clone-across'))).toBe(true);
  });

  it('is false for every other failure', () => {
    expect(isCloneRefusal(failed('cp-read-only'))).toBe(false);
  });
});

describe('ofCp', () => {
  it('keeps the code and adds the driver', () => {
    const stalled = new ImageError('nothing moved', { code: 'STALLED', origin: 'driver', retryable: true });
    expect(ofCp(stalled, false)).toMatchObject({
      code: 'STALLED',
      message: 'nothing moved',
      driver: 'cp',
      retryable: true,
      untouched: false,
    });
  });

  it('lets through what is no error of this project', () => {
    const bug = new TypeError('x is not a function');
    expect(() => ofCp(bug, false)).toThrow(bug);
  });
});
