import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { KnownEndpoint, TransferRequest } from '@image-api/driver';
import { isEarly, isMute, isVague, ofScp, scpError } from './scp-errors.ts';
import type { Circumstances, Ending } from './scp-errors.ts';

const failed = (name: string, exitCode = 1): Ending => ({
  exitCode,
  signal: null,
  stderr: readFileSync(new URL(`__fixtures__/${name}.txt`, import.meta.url), 'utf8'),
});
const end = (path: string): KnownEndpoint => ({
  scheme: 'ssh',
  path,
  params: {},
  href: `ssh://h${path}`,
  facts: { kind: 'file', size: 41_943_040 },
});
const request: TransferRequest = {
  id: 'task-1',
  from: end('/images/from.raw'),
  to: end('/images/to.raw'),
  name: end('/images/disk.raw'),
  overwrite: 'never',
  limits: {},
  priority: 'normal',
  driverOptions: {},
};
const about: Circumstances = { request, far: 'ann@h', hosts: { source: 'one', destination: 'two' }, untouched: false };
const upload: Circumstances = { ...about, local: 'source' };
const download: Circumstances = { ...about, local: 'destination' };

describe('scpError', () => {
  it.each([
    ['upload-source-missing', 'SOURCE_MISSING', 'source'],
    ['upload-source-unreadable', 'SOURCE_UNREADABLE', 'source'],
    ['upload-source-eio', 'READ_FAILED', 'source'],
    ['upload-directory-missing', 'DESTINATION_UNWRITABLE', 'destination'],
    ['upload-immutable', 'DESTINATION_UNWRITABLE', 'destination'],
    ['upload-no-space', 'WRITE_FAILED', 'destination'],
    ['upload-read-only', 'WRITE_FAILED', 'destination'],
    ['upload-server-killed', 'UNREACHABLE', 'core'],
    ['upload-connection-killed', 'UNREACHABLE', 'core'],
    ['connection-refused', 'UNREACHABLE', 'core'],
    ['unknown-host', 'UNREACHABLE', 'core'],
    ['auth-denied', 'AUTH_DENIED', 'core'],
    ['host-key-changed', 'HOST_KEY', 'core'],
    ['host-key-unknown', 'HOST_KEY', 'core'],
    ['no-subsystem', 'TOOL_MISSING', 'driver'],
    ['noisy', 'TOOL_MISSING', 'driver'],
  ])('judges an upload that ended with %s as %s', (name, code, origin) => {
    expect(scpError(failed(name), upload)).toMatchObject({ code, origin, driver: 'scp' });
  });

  it.each([
    ['download-source-missing', 'SOURCE_MISSING', 'source'],
    ['download-source-unreadable', 'SOURCE_UNREADABLE', 'source'],
    ['download-source-eio', 'READ_FAILED', 'source'],
    ['download-directory', 'SOURCE_KIND', 'source'],
    ['download-local-unwritable', 'DESTINATION_UNWRITABLE', 'destination'],
    ['download-read-only', 'DESTINATION_UNWRITABLE', 'destination'],
    ['download-no-space', 'NO_SPACE', 'destination'],
    ['download-server-killed', 'UNREACHABLE', 'core'],
    ['download-connection-killed', 'UNREACHABLE', 'core'],
  ])('judges a download that ended with %s as %s', (name, code, origin) => {
    expect(scpError(failed(name), download)).toMatchObject({ code, origin });
  });

  it.each([
    ['relay-source-missing', 'SOURCE_MISSING', 'source'],
    ['relay-source-unreadable', 'SOURCE_UNREADABLE', 'source'],
    ['relay-source-eio', 'READ_FAILED', 'source'],
    ['relay-no-space', 'WRITE_FAILED', 'destination'],
    ['relay-read-only', 'WRITE_FAILED', 'destination'],
    ['within-source-missing', 'SOURCE_MISSING', 'source'],
  ])('judges a copy between hosts that ended with %s as %s', (name, code, origin) => {
    expect(scpError(failed(name), about)).toMatchObject({ code, origin });
  });

  it('takes what a look at the destination told', () => {
    const error = scpError(failed('upload-no-space'), { ...upload, errno: 'ENOSPC' });
    expect(error.code).toBe('NO_SPACE');
    expect(error.message).toContain('cannot write the 41943040 bytes of /images/disk.raw on two: no space left');
    expect(scpError(failed('relay-read-only'), { ...about, errno: 'EROFS' }).code).toBe('DESTINATION_UNWRITABLE');
  });

  it('takes what a look at sftp told', () => {
    expect(scpError(failed('sftp-server-missing', 255), { ...upload, noSftp: 'h offers no sftp, which scp needs' })).toMatchObject({
      code: 'TOOL_MISSING',
      untouched: true,
      message: expect.stringContaining('h offers no sftp'),
    });
  });

  it('is not misled by a name that reads like a failure of ssh', () => {
    const stderr = 'scp: /images/Host key verification failed: Connection refused: No such file or directory\r\n';
    expect(scpError({ exitCode: 1, signal: null, stderr }, download).code).toBe('SOURCE_MISSING');
  });

  it('lets what may pass be tried again', () => {
    expect(scpError(failed('upload-server-killed'), upload).retryable).toBe(true);
    expect(scpError(failed('connection-refused', 255), upload).retryable).toBe(true);
    expect(scpError(failed('host-key-changed', 255), upload).retryable).toBe(false);
  });

  it('passes on words it does not know, without control characters', () => {
    const error = scpError({ exitCode: 1, signal: null, stderr: 'scp: \u001b[31mwhat\u0007\n' }, upload);
    expect(error.code).toBe('TOOL_FAILED');
    expect(error.message).toContain(String.raw`scp: \x1b[31mwhat\x07`);
  });

  it('takes a kill by somebody else for a lack of memory that may pass', () => {
    expect(scpError({ exitCode: null, signal: 'SIGKILL', stderr: '' }, upload)).toMatchObject({ code: 'RESOURCES', retryable: true });
  });

  it('says untouched only when it is told so', () => {
    expect(scpError(failed('upload-source-missing'), { ...upload, untouched: true }).untouched).toBe(true);
    expect(scpError(failed('upload-source-missing'), upload).untouched).toBe(false);
  });
});

describe('isVague', () => {
  it('is true of what sftp calls a failure of the destination', () => {
    for (const name of ['upload-no-space', 'upload-read-only', 'relay-no-space', 'relay-read-only'])
      expect(isVague(failed(name)), name).toBe(true);
  });

  it('is false where the words are enough', () => {
    for (const name of ['download-no-space', 'upload-immutable', 'auth-denied']) expect(isVague(failed(name)), name).toBe(false);
  });
});

describe('isEarly', () => {
  it('is true where a file could not be opened', () => {
    for (const name of ['relay-source-missing', 'relay-source-unreadable', 'relay-read-only'])
      expect(isEarly(failed(name)), name).toBe(true);
  });

  it('is false where bytes may have gone before', () => {
    for (const name of ['relay-no-space', 'relay-source-eio', 'upload-server-killed']) expect(isEarly(failed(name)), name).toBe(false);
  });
});

describe('isMute', () => {
  it('is true where only the end of the connection was seen', () => {
    expect(isMute(failed('sftp-server-missing', 255))).toBe(true);
  });

  it('is false where ssh said why', () => {
    expect(isMute(failed('connection-refused', 255))).toBe(false);
    expect(isMute(failed('no-subsystem', 255))).toBe(false);
  });
});

describe('ofScp', () => {
  it('lets through what is no error of this project', () => {
    const bug = new TypeError('x is not a function');
    expect(() => ofScp(bug, false)).toThrow(bug);
  });
});
