import { describe, expect, it } from 'vitest';
import { judgeSftpTest } from './sftp-test.ts';

describe('judgeSftpTest', () => {
  const quiet = { exitCode: 0, stdout: '', stderr: '' };

  it('has nothing to say of a server that comes and goes in silence', () => {
    expect(judgeSftpTest(quiet)).toBeUndefined();
  });

  it.each([
    ['a server without the subsystem', { exitCode: 255, stderr: 'subsystem request failed on channel 0\r\n' }, 'offers no sftp'],
    ['the same through a shared connection', { exitCode: 255, stderr: '' }, 'offers no sftp'],
    ['a subsystem that is not installed', { exitCode: 127, stderr: 'bash: /usr/lib/sftp-server: No such file\n' }, 'offers no sftp'],
    ['a shell that talks', { stdout: 'welcome\n' }, 'says things of its own'],
    [
      'a login that fails',
      { exitCode: 255, stderr: 'ann@h: Permission denied (publickey).\r\n' },
      'cannot be logged in to: ann@h: Permission denied',
    ],
  ])('tells %s', (_, seen, words) => {
    expect(judgeSftpTest({ ...quiet, ...seen })).toContain(words);
  });
});
