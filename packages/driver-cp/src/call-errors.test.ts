import { describe, expect, it } from 'vitest';
import type { KnownEndpoint, TransferRequest } from '@image-api/driver';
import { callError, cutShort, wrongKind } from './call-errors.ts';

const file = (path: string): KnownEndpoint => ({
  scheme: 'file',
  path,
  params: {},
  href: `file://${path}`,
  facts: { kind: 'file', size: 31_457_280 },
});
const request: TransferRequest = {
  id: 'task-1',
  from: file('/images/from.raw'),
  to: file('/images/.disk.raw.part'),
  name: file('/images/disk.raw'),
  overwrite: 'never',
  limits: {},
  priority: 'normal',
  driverOptions: {},
};
const failed = (code: string): Error => Object.assign(new Error(`${code}: words of the system`), { code });

describe('callError', () => {
  it.each([
    ['destination', 'ENOSPC', 'NO_SPACE'],
    ['destination', 'EDQUOT', 'NO_SPACE'],
    ['destination', 'EFBIG', 'NO_SPACE'],
    ['destination', 'EROFS', 'DESTINATION_UNWRITABLE'],
    ['destination', 'EIO', 'WRITE_FAILED'],
    ['source', 'EIO', 'READ_FAILED'],
    ['source', 'ENOENT', 'SOURCE_MISSING'],
    ['source', 'EACCES', 'SOURCE_UNREADABLE'],
  ] as const)('judges, at the %s, %s as %s', (side, errno, code) => {
    expect(callError({ error: failed(errno), side, request, untouched: false })).toMatchObject({
      code,
      origin: side,
      driver: 'cp',
      untouched: false,
    });
  });

  it.each([
    ['source', 'EIO', true],
    ['destination', 'ESTALE', true],
    ['destination', 'EIO', false],
  ] as const)('says, at the %s, of %s that another try may help: %s', (side, errno, retryable) => {
    expect(callError({ error: failed(errno), side, request, untouched: false }).retryable).toBe(retryable);
  });

  it('names the file the user named, and how much there was to write', () => {
    const { message } = callError({ error: failed('ENOSPC'), side: 'destination', request, untouched: false });
    expect(message).toContain('cannot write the 31457280 bytes of /images/disk.raw: no space left');
  });

  it('says untouched only when it is told so', () => {
    expect(callError({ error: failed('ENOENT'), side: 'source', request, untouched: true }).untouched).toBe(true);
  });

  it('lets through what is no failure of a call', () => {
    const bug = new TypeError('x is not a function');
    expect(() => callError({ error: bug, side: 'source', request, untouched: true })).toThrow(bug);
  });
});

it('names the end that is no image, and where a source was cut', () => {
  expect(wrongKind('source', request)).toMatchObject({
    code: 'SOURCE_KIND',
    untouched: true,
    message: expect.stringContaining('from.raw'),
  });
  expect(wrongKind('destination', request)).toMatchObject({ code: 'DESTINATION_KIND', message: expect.stringContaining('disk.raw') });
  expect(cutShort(request, 4096)).toMatchObject({
    code: 'SOURCE_CHANGED',
    origin: 'source',
    message: expect.stringContaining('byte 4096'),
  });
});
