import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { authorityText, checkAuthority, directoryVariable, sshArgs, sshOptions } from './ssh-access.ts';

it.each([
  { host: 'box' },
  { host: 'my_alias' },
  { host: '10.0.0.1', port: 22 },
  { host: '::1', user: 'root' },
  { host: 'a.b-c', user: 'Some.User_1' },
])('accepts %j', (authority) => {
  expect(() => checkAuthority(authority)).not.toThrow();
});

it.each([
  { host: '-oProxyCommand=touch x' },
  { host: '' },
  { host: 'a;b' },
  { host: '`id`' },
  { host: 'a b' },
  { host: 'a\nb' },
  { host: 'a/b' },
  { host: '[::1]' },
  { host: 'fe80::1%eth0' },
  { host: 'box', user: '-x' },
  { host: 'box', user: 'a b' },
  { host: 'box', user: '$(id)' },
  { host: 'box', port: 0 },
  { host: 'box', port: 65_536 },
  { host: 'box', port: 1.5 },
])('refuses %j', (authority) => {
  expect(() => checkAuthority(authority)).toThrow(expect.objectContaining({ code: 'BAD_ENDPOINT', origin: 'caller' }) as Error);
});

it('writes an authority as the caller did', () => {
  expect(authorityText({ host: 'box' })).toBe('box');
  expect(authorityText({ host: '::1', user: 'me', port: 23 })).toBe('me@[::1]:23');
});

it('puts everything before the host, and two dashes', () => {
  const access = { program: 'ssh', options: ['-o', 'A=b'], environment: {}, host: 'box', user: 'me', port: 23 };
  expect(sshArgs(access)).toEqual(['-o', 'A=b', '-p', '23', '-l', 'me', '--', 'box']);
});

it('uses no word that differs between processes, and ssh fills in the variable', () => {
  const words = sshArgs({ program: 'ssh', options: sshOptions('/dev/null'), environment: {}, host: 'box' });
  const said = execFileSync('ssh', ['-G', ...words], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], [directoryVariable]: '/private' },
  });
  expect(said).toMatch(/^controlpath \/private\/[0-9a-f]{40}$/m);
  expect(said).toMatch(/^batchmode yes$/m);
  expect(said).toMatch(/^stricthostkeychecking true$/m);
});
