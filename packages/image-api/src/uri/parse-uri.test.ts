import { isImageError } from '@image-api/driver';
import type { ImageError } from '@image-api/driver';
import { describe, expect, it } from 'vitest';
import { parseUri } from './parse-uri.ts';

const read = (text: string): ReturnType<typeof parseUri> => parseUri(text, { cwd: '/here' });

function refusal(text: string): ImageError {
  try {
    read(text);
  } catch (error) {
    if (isImageError(error)) return error;
    throw error;
  }
  throw new Error(`${text} was accepted`);
}

describe('a local file', () => {
  it.each([
    ['disk.raw', '/here/disk.raw', 'file:///here/disk.raw'],
    ['/a/b.qcow2', '/a/b.qcow2', 'file:///a/b.qcow2'],
    ['/a//b/./c/../d', '/a/b/d', 'file:///a/b/d'],
    ['../x', '/x', 'file:///x'],
    ['./na:me', '/here/na:me', 'file:///here/na:me'],
    ['/na:me', '/na:me', 'file:///na:me'],
    ['file:na:me', '/here/na:me', 'file:///here/na:me'],
    ['file:/a', '/a', 'file:///a'],
    ['file:///a', '/a', 'file:///a'],
    ['FILE://localhost/a', '/a', 'file:///a'],
    ['-rf', '/here/-rf', 'file:///here/-rf'],
    ['50% off?.img', '/here/50% off?.img', 'file:///here/50%25%20off%3F.img'],
    ['a%20b', '/here/a%20b', 'file:///here/a%2520b'],
    ['file:///a%20b', '/a b', 'file:///a%20b'],
    [`it's "x" $(y) [1]\\#.img`, `/here/it's "x" $(y) [1]\\#.img`, 'file:///here/it%27s%20%22x%22%20%24%28y%29%20%5B1%5D%5C%23.img'],
    ['größe 😀', '/here/größe 😀', 'file:///here/gr%C3%B6%C3%9Fe%20%F0%9F%98%80'],
    ['/a/x://y', '/a/x:/y', 'file:///a/x:/y'],
    ['./x://y', '/here/x:/y', 'file:///here/x:/y'],
    ['~/x', '/here/~/x', 'file:///here/~/x'],
  ])('%s is %s', (text, path, href) => {
    expect(read(text)).toEqual({ scheme: 'file', path, params: {}, href });
    expect(read(href)).toEqual(read(text));
  });

  it('starts at the working directory unless told otherwise', () => {
    expect(parseUri('x').path).toBe(`${process.cwd()}/x`);
  });

  it('can be given as a URL', () => {
    expect(parseUri(new URL('file:///a%20b')).path).toBe('/a b');
  });
});

describe('a file over ssh', () => {
  it.each([
    ['ssh://user@host:22/a/b', { host: 'host', port: 22, user: 'user' }, '/a/b', 'ssh://user@host:22/a/b'],
    ['host:/a/b', { host: 'host' }, '/a/b', 'ssh://host/a/b'],
    ['user@host:b', { host: 'host', user: 'user' }, 'b', 'ssh://user@host/~/b'],
    ['host:~/b', { host: 'host' }, 'b', 'ssh://host/~/b'],
    ['host:./~b', { host: 'host' }, '~b', 'ssh://host/~/~b'],
    ['host:a//./b:c', { host: 'host' }, 'a/b:c', 'ssh://host/~/a/b:c'],
    ['[::1]:/x', { host: '::1' }, '/x', 'ssh://[::1]/x'],
    ['u@[fe80::2]:x', { host: 'fe80::2', user: 'u' }, 'x', 'ssh://u@[fe80::2]/~/x'],
    ['ssh://[::1]:2222/x', { host: '::1', port: 2222 }, '/x', 'ssh://[::1]:2222/x'],
    ['ssh://host/~/b', { host: 'host' }, 'b', 'ssh://host/~/b'],
    ['ssh://host/%7E/b', { host: 'host' }, '/~/b', 'ssh://host/%7E/b'],
    ['host:/~/b', { host: 'host' }, '/~/b', 'ssh://host/%7E/b'],
    ['host:/~b', { host: 'host' }, '/~b', 'ssh://host/~b'],
    ['my_alias:/50%.img', { host: 'my_alias' }, '/50%.img', 'ssh://my_alias/50%25.img'],
    ['host:-x', { host: 'host' }, '-x', 'ssh://host/~/-x'],
  ])('%s', (text, authority, path, href) => {
    expect(read(text)).toEqual({ scheme: 'ssh', authority, path, params: {}, href });
    expect(read(href)).toEqual(read(text));
  });
});

describe('other schemes', () => {
  it.each([
    [
      'rsync://host:873/module/b c',
      { scheme: 'rsync', authority: { host: 'host', port: 873 }, path: '/module/b c', params: {} },
      'rsync://host:873/module/b%20c',
    ],
    [
      'https://host/a%2fb;c?sig=%2B+1&x',
      { scheme: 'https', authority: { host: 'host' }, path: '/a%2Fb;c', params: { sig: '+ 1', x: '' } },
      'https://host/a%2Fb;c?sig=%2B%201&x=',
    ],
    ['http://host', { scheme: 'http', authority: { host: 'host' }, path: '/', params: {} }, 'http://host/'],
    [
      'nbd://host:10809/export',
      { scheme: 'nbd', authority: { host: 'host', port: 10_809 }, path: '/export', params: {} },
      'nbd://host:10809/export',
    ],
    ['nbd://host', { scheme: 'nbd', authority: { host: 'host' }, path: '/', params: {} }, 'nbd://host/'],
    [
      'nbd+unix:///export?socket=/run/x.sock',
      { scheme: 'nbd+unix', path: '/export', params: { socket: '/run/x.sock' } },
      'nbd+unix:///export?socket=/run/x.sock',
    ],
    [
      'qmp+unix:///run/vm.qmp?device=virtio0',
      { scheme: 'qmp+unix', path: '/run/vm.qmp', params: { device: 'virtio0' } },
      'qmp+unix:///run/vm.qmp?device=virtio0',
    ],
    [
      'p2p:sha256-00ff?manifest=/m.json&peer=h:1',
      { scheme: 'p2p', path: 'sha256-00ff', params: { manifest: '/m.json', peer: 'h:1' } },
      'p2p:sha256-00ff?manifest=/m.json&peer=h:1',
    ],
    [
      'S3://bucket/key?__proto__=1',
      { scheme: 's3', authority: { host: 'bucket' }, path: '/key', params: Object.fromEntries([['__proto__', '1']]) },
      's3://bucket/key?__proto__=1',
    ],
    ['lab+x:///a', { scheme: 'lab+x', path: '/a', params: {} }, 'lab+x:///a'],
  ])('%s', (text, parts, href) => {
    expect(read(text)).toEqual({ ...parts, href });
    expect(read(href)).toEqual(read(text));
  });
});

it('gives an endpoint that cannot be changed', () => {
  const endpoint = read('ssh://u@h/x');
  expect([endpoint, endpoint.authority, endpoint.params].map((part) => Object.isFrozen(part))).toEqual([true, true, true]);
});

describe('what is refused, and with which way out', () => {
  it.each([
    ['', 'a path or a URI'],
    ['dir/', 'name of the file'],
    ['.', 'name of the file'],
    ['a/..', 'name of the file'],
    ['/', 'name of the file'],
    ['file:///', 'name of the file'],
    ['ssh://host/a/', 'name of the file'],
    ['ssh://host', 'name of the file'],
    ['ssh://host/~', 'name of the file'],
    ['host:~/', 'name of the file'],
    ['host:', 'host:/path'],
    [':x', './ before'],
    ['file://other/a', 'ssh://host/path'],
    ['file:///a?b', '%3F'],
    ['file:///a#b', '%23'],
    ['file:a#b', '%23'],
    ['ssh://h/a?b', '%3F'],
    ['ssh:/host/x', '"ssh://host/x"'],
    ['http:/host/x', '"http://host/x"'],
    ['qmp+unix:/run/x', '"qmp+unix:///run/x"'],
    ['C:\\images\\x.vhdx', './ before'],
    ['host::module/x', 'rsync://host/module/path'],
    ['host:~other/x', 'absolute path'],
    ['rsync://host/module', 'rsync://host/module/path'],
    ['nbd+unix:///export', 'socket='],
    ['qmp+unix://host/x', 'three slashes'],
    ['p2p://sha256-00', 'p2p:sha256-'],
    ['p2p:', 'p2p:sha256-'],
    ['ssh:///x', 'scheme://host/path'],
    ['-oProxyCommand=x:/y', 'host name'],
    ['ssh://-x/y', 'host name'],
    ['a b:/y', './ before'],
    ['[1]:x', '[::1]'],
    ['ssh://[fe80::1%25eth0]/x', '[::1]'],
    ['ssh://fe80::1/x', '[fe80::1]'],
    ['ssh://host:0/x', '1 to 65535'],
    ['ssh://host:70000/x', '1 to 65535'],
    ['ssh://host:/x', '1 to 65535'],
    ['ssh://-u@host/x', 'user name'],
    ['ssh://u%40x@host/x', 'user name'],
    ['file:///50%', '%25'],
    ['file:///%ff', '%25'],
    ['file:///%ed%a0%80', '%25'],
    ['/a\ud800', 'UTF-8'],
    ['http://h/x?a=1&a=2', 'once'],
    ['http://h/x?=1', 'name=value'],
  ])('%s', (text, wayOut) => {
    expect(refusal(text)).toMatchObject({ code: 'BAD_ENDPOINT', origin: 'caller', message: expect.stringContaining(wayOut) as unknown });
  });

  it.each([
    'a\nb',
    'host:/a\u0000b',
    'file:///a%0Ab',
    'http://h/a%7f',
    's3://b/%C2%85',
    'nbd://h/x?y=%00',
    'ssh://host/a/../b',
    'host:../b',
    'http://h/%2e%2E/x',
    'file:///a%2Fb',
    `/${'x'.repeat(256)}`,
    `/${'😀'.repeat(64)}`,
    `host:/${'x/'.repeat(2049)}x`,
    `nbd://host/${'x'.repeat(4096)}`,
  ])('%j as a path', (text) => {
    expect(refusal(text)).toMatchObject({ code: 'BAD_PATH', origin: 'caller' });
  });

  it('takes a name of 255 bytes and a path of 4096', () => {
    const path = `/${'x'.repeat(255)}`.repeat(16);
    expect(read(path).path).toBe(path);
  });

  it.each([
    'ssh://u:s3cret@h/x',
    'u:s3cret@h:/x',
    'https://u:s3cret@h/x',
    'ssh://u:s3cret/4@h/x',
    'ssh://u:@s3cret@h/x',
    'ssh:/u:s3cret@h/x',
    'rsync://u:s3cret@h',
    's3://u:s3cret@b c/x',
    'p2p://u:s3cret@h',
  ])('a password, without showing it: %s', (text) => {
    const error = refusal(text);
    expect(error.code).toBe('BAD_ENDPOINT');
    expect(error.message).not.toContain('s3cret');
    expect(JSON.stringify(error.details)).not.toContain('s3cret');
  });

  it('shows control and direction characters escaped', () => {
    expect(refusal('a\u001b[31m\u202e').message).toContain('"a\\u001b[31m\\u{202e}"');
  });
});
