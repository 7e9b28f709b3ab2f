import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '@image-api/driver';
import type { Side } from '@image-api/host';
import { rsyncError } from './rsync-errors.ts';

/** What rsync 3.5.0 and OpenSSH 9.2 really said: the first line is the exit code. */
function judge(name: string, side?: Side): ReturnType<typeof rsyncError> {
  const [first = '', ...rest] = readFileSync(new URL(`./__fixtures__/${name}.txt`, import.meta.url), 'utf8').split('\n');
  const result = { exitCode: Number(first.replace('exit ', '')), signal: null, stderr: rest.join('\n') };
  return rsyncError({
    result,
    from: { host: 'local', path: '/a' },
    to: { host: 'box', path: '/b' },
    ...(side && { far: { side, name: 'box' } }),
  });
}

const up = 'destination';
const down = 'source';

describe('rsyncError', () => {
  it.each<[string, Side | undefined, ErrorCode, boolean, boolean]>([
    // fixture, far end, code, retryable, untouched
    ['ssh-refused', up, 'UNREACHABLE', true, true],
    ['ssh-unknown-host-key', up, 'HOST_KEY', false, true],
    ['ssh-changed-host-key', up, 'HOST_KEY', false, true],
    ['ssh-auth-denied', up, 'AUTH_DENIED', false, true],
    ['remote-rsync-missing', up, 'TOOL_MISSING', false, true],
    ['noisy-login', up, 'TOOL_FAILED', false, true],
    ['unknown-option', undefined, 'TOOL_FAILED', false, true],
    ['remote-unknown-option', up, 'TOOL_FAILED', false, true],
    ['source-missing-local', undefined, 'SOURCE_MISSING', false, true],
    ['source-missing-remote', down, 'SOURCE_MISSING', false, true],
    ['source-denied', undefined, 'SOURCE_UNREADABLE', false, true],
    ['source-read-error', undefined, 'READ_FAILED', true, false],
    ['source-shrank', undefined, 'SOURCE_CHANGED', false, false],
    ['destination-denied', undefined, 'DESTINATION_UNWRITABLE', false, true],
    ['destination-write-error', undefined, 'WRITE_FAILED', true, false],
    ['destination-close-error', undefined, 'NO_SPACE', false, false],
    ['directory-missing-remote', up, 'DESTINATION_UNWRITABLE', false, true],
    ['read-only-local', undefined, 'DESTINATION_UNWRITABLE', false, true],
    ['read-only-remote', up, 'DESTINATION_UNWRITABLE', false, true],
    ['no-space-local', undefined, 'NO_SPACE', false, false],
    ['no-space-remote', up, 'NO_SPACE', false, false],
    ['connection-lost-upload', up, 'UNREACHABLE', true, false],
    ['connection-lost-download', down, 'UNREACHABLE', true, false],
    ['remote-rsync-killed', up, 'UNREACHABLE', true, false],
    ['terminated', up, 'TOOL_FAILED', true, false],
    ['daemon-refused', down, 'UNREACHABLE', true, true],
    ['daemon-unknown-module', down, 'SOURCE_MISSING', false, true],
    ['daemon-auth-failed', down, 'AUTH_DENIED', false, true],
    ['daemon-source-missing', down, 'SOURCE_MISSING', false, true],
    ['daemon-read-only', up, 'DESTINATION_UNWRITABLE', false, true],
    ['daemon-directory-missing', up, 'DESTINATION_UNWRITABLE', false, true],
  ])('%s (far end: %s) is %s', (name, side, code, retryable, untouched) => {
    const error = judge(name, side);
    expect({ code: error.code, retryable: error.retryable, untouched: error.untouched, driver: error.driver }).toEqual({
      code,
      retryable,
      untouched,
      driver: 'rsync',
    });
  });

  it.each<[number, number, ErrorCode]>([
    [12, 255, 'UNREACHABLE'],
    [12, 127, 'TOOL_MISSING'],
    [12, 137, 'TOOL_FAILED'],
    [255, 0, 'UNREACHABLE'],
    [10, 22, 'RESOURCES'],
  ])('goes by what ended over there: rsync ended with %i, its ssh with %i', (exitCode, status, code) => {
    const error = rsyncError({
      result: { exitCode, signal: null, stderr: 'rsync: connection unexpectedly closed (4711 bytes received so far) [sender]\n' },
      shell: { exitCode: status, signal: null },
      from: { host: 'local', path: '/a' },
      to: { host: 'box', path: '/b' },
      far: { side: 'destination', name: 'box' },
    });
    expect(error).toMatchObject({ code, retryable: code !== 'TOOL_MISSING' });
  });

  it('is not misled by a file that is called like an error of ssh', () => {
    const stderr = 'rsync: [sender] link_stat "/Host key verification failed" failed: No such file or directory (2)\n';
    const result = { exitCode: 23, signal: null, stderr };
    const error = rsyncError({
      result,
      from: { host: 'local', path: '/x' },
      to: { host: 'box', path: '/b' },
      far: { side: 'destination', name: 'box' },
    });
    expect(error.code).toBe('SOURCE_MISSING');
  });
});
