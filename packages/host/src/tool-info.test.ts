import { expect, it } from 'vitest';
import { toolInfo, versionCommand } from './tool-info.ts';

it.each([
  ['rsync  version 3.5.0  protocol version 32', '3.5.0'],
  ['cp (GNU coreutils) 9.1', '9.1'],
  ['OpenSSH_9.2p1 Debian-2+deb12u10, OpenSSL 3.0.19 27 Jan 2026', '9.2p1'],
  ['qemu-img version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)', '7.2.22'],
])('finds the version in %j', (about, version) => {
  expect(toolInfo('x', '/bin/x', { exitCode: 0, stdout: about, stderr: '' })).toMatchObject({ available: true, version });
});

it('takes a tool that cannot be started for unavailable, and says why', () => {
  const stderr = 'x: error while loading shared libraries: libx.so.1: cannot open shared object file\n';
  expect(toolInfo('x', '/bin/x', { exitCode: 127, stdout: '', stderr })).toEqual({
    available: false,
    reason: `x does not start: ${stderr.trim()}`,
  });
});

it('takes a tool without a version option for available', () => {
  expect(toolInfo('x', '/bin/x', { exitCode: 2, stdout: '', stderr: 'Illegal option --' })).toMatchObject({
    available: true,
    version: 'unknown',
  });
});

it('asks ssh for the version of scp, which cannot tell its own', () => {
  expect(versionCommand('scp')).toEqual(['ssh', '-V']);
});
