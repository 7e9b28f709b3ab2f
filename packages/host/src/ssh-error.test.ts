import { expect, it } from 'vitest';
import { byHand, connectionError, sshError } from './ssh-error.ts';

it.each([
  ['@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\r\nHost key verification failed.', 'HOST_KEY', false],
  ['No ED25519 host key is known for box and you have requested strict checking.\r\nHost key verification failed.', 'HOST_KEY', false],
  ['root@127.0.0.1: Permission denied (publickey,password).', 'AUTH_DENIED', false],
  ['Received disconnect from 127.0.0.1: Too many authentication failures', 'AUTH_DENIED', false],
  ['Load key "/k": invalid format', 'AUTH_DENIED', false],
  ['hostname contains invalid characters', 'BAD_ENDPOINT', false],
  ['/x/cfg: line 1: Bad configuration option: nosuch\n/x/cfg: terminating, 1 bad configuration options', 'BAD_CONFIG', false],
  ['ssh: Could not resolve hostname nosuch: Name or service not known', 'UNREACHABLE', false],
  ['ssh: Could not resolve hostname nosuch: Temporary failure in name resolution', 'UNREACHABLE', true],
  ['ssh: connect to host 127.0.0.1 port 1: Connection refused', 'UNREACHABLE', true],
  ['ssh: connect to host 10.9.9.9 port 22: Connection timed out', 'UNREACHABLE', true],
  ['Timeout, server 10.9.9.9 not responding.', 'UNREACHABLE', true],
  ['ssh: connect to host 10.9.9.9 port 22: No route to host', 'UNREACHABLE', true],
  ['kex_exchange_identification: read: Connection reset by peer', 'UNREACHABLE', true],
  ['client_loop: send disconnect: Broken pipe', 'UNREACHABLE', true],
  ['scp: Connection closed', 'UNREACHABLE', true],
])('judges %j as %s, retryable: %s', (stderr, code, retryable) => {
  expect(sshError(stderr, 'box')).toMatchObject({ code, retryable, origin: 'core' });
});

it('has nothing to say about what a tool reports of its files', () => {
  expect(sshError('rsync: [sender] send_files failed to open "/x": Permission denied (13)', 'box')).toBeUndefined();
});

it('names the host and the way out', () => {
  expect(sshError('Connection refused', 'me@box:23')?.message).toBe(
    'cannot reach me@box:23: the connection was refused; check the network, and `ssh -p 23 me@box true`',
  );
});

it.each([
  ['box', 'ssh box'],
  ['me@box:23', 'ssh -p 23 me@box'],
  ['[::1]:23', 'ssh -p 23 ::1'],
  ['me@[fe80::1]', 'ssh me@fe80::1'],
])('tells how to reach %s by hand', (host, command) => {
  expect(byHand(host)).toBe(command);
});

it('takes an unexplained failure for a connection that was lost', () => {
  expect(connectionError('', 'box')).toMatchObject({ code: 'UNREACHABLE', retryable: true });
  expect(connectionError('something odd\n', 'box').message).toContain('(something odd)');
});
