import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { KnownEndpoint, TransferRequest } from '@image-api/driver';
import { sshError, wayLost } from './ssh-errors.ts';
import type { Circumstances, Ending } from './ssh-errors.ts';

const ended = (exitCode: number | null, stderr: string): Ending => ({ exitCode, signal: exitCode === null ? 'SIGKILL' : null, stderr });
const recorded = (name: string): string => readFileSync(new URL(`__fixtures__/${name}.txt`, import.meta.url), 'utf8');
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

describe('sshError', () => {
  it.each([
    ['upload-source-missing', 3, 'SOURCE_MISSING', 'source'],
    ['download-source-missing', 3, 'SOURCE_MISSING', 'source'],
    ['upload-directory-missing', 4, 'DESTINATION_UNWRITABLE', 'destination'],
    ['download-directory-missing', 4, 'DESTINATION_UNWRITABLE', 'destination'],
    ['upload-no-space', 4, 'NO_SPACE', 'destination'],
    ['download-no-space', 4, 'NO_SPACE', 'destination'],
  ])('judges %s', (name, exitCode, code, origin) => {
    const error = sshError(ended(exitCode, recorded(name)), about);
    expect(error).toMatchObject({ code, origin, driver: 'ssh', retryable: false });
    expect(error.message).toContain(origin === 'source' ? '/images/from.raw on one' : '/images/disk.raw on two');
  });

  it.each([
    ['upload-connection-lost', 255, 255],
    ['download-connection-lost', 3, 255],
  ])('takes a session that was lost for what it is: %s', (name, exitCode, session) => {
    const error = sshError(ended(exitCode, recorded(name)), { ...about, session: { exitCode: session, signal: null } });
    expect(error).toMatchObject({ code: 'UNREACHABLE', origin: 'core', retryable: true });
    expect(error.message).toContain('cannot reach ann@h');
  });

  it('says where from a host cannot be reached, if that is not here', () => {
    const error = sshError(ended(255, 'Timeout, server h not responding.\n'), { ...about, by: 'bob@g' });
    expect(error).toMatchObject({ code: 'UNREACHABLE', origin: 'core', driver: 'ssh', retryable: true });
    expect(error.message).toMatch(/^on bob@g: cannot reach ann@h: it does not answer; /);
    const key = sshError(ended(255, 'Host key verification failed.\n'), { ...about, by: 'bob@g' });
    expect(key).toMatchObject({ code: 'HOST_KEY', retryable: false });
    const late = wayLost('bob@g cannot reach ann@h directly: no answer within 5 s', { far: 'ann@h', by: 'bob@g' }, true);
    expect(late).toMatchObject({ code: 'UNREACHABLE', driver: 'ssh', retryable: true, untouched: true });
  });

  it.each([
    ['\nimage-api read 5\n', 'READ_FAILED', true],
    ['\nimage-api write 5\n', 'WRITE_FAILED', true],
    ['\nimage-api write 30\n', 'DESTINATION_UNWRITABLE', false],
    ['\nimage-api read 13\n\nimage-api cut\n', 'SOURCE_UNREADABLE', false],
    ['\nimage-api read 0\n\nimage-api cut\n', 'SOURCE_CHANGED', false],
    ['\nimage-api lost\n', 'UNREACHABLE', true],
  ])('understands %j', (stderr, code, retryable) => {
    expect(sshError(ended(4, stderr), about)).toMatchObject({ code, retryable });
  });

  it('believes ssh about a key before anything else that a session can end with', () => {
    const stderr = 'Host key verification failed.\r\n';
    expect(sshError(ended(255, stderr), about)).toMatchObject({ code: 'HOST_KEY', retryable: false });
  });

  it('takes no greeting for a failure of a file', () => {
    expect(sshError(ended(1, 'Welcome! image-api read 2 is not ours\n'), about)).toMatchObject({ code: 'TOOL_FAILED', origin: 'driver' });
  });

  it('tells a program that is missing from one that was killed', () => {
    expect(sshError(ended(127, 'sh: 3: zstd: not found\n'), about)).toMatchObject({ code: 'TOOL_MISSING', origin: 'driver' });
    expect(sshError(ended(null, ''), about)).toMatchObject({ code: 'RESOURCES', retryable: true });
    expect(sshError(ended(137, ''), about)).toMatchObject({ code: 'RESOURCES', retryable: true });
  });

  it('says that nothing was written where that is certain', () => {
    expect(sshError(ended(4, '\nimage-api write 28\n'), { ...about, untouched: true }).untouched).toBe(true);
  });
});
