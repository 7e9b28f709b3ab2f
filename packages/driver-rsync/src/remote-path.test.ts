import { describe, expect, it } from 'vitest';
import { canBeFetched, daemonPlace, literalPath, sshPlace } from './remote-path.ts';

describe('literalPath', () => {
  it.each([
    ['/a/plain b.raw', '/a/plain b.raw'],
    ['/a/a[1]', String.raw`/a/a\[1\]`],
    ['/a/x*?', String.raw`/a/x\*\?`],
    [String.raw`/d\x/a\b`, String.raw`/d\x/a\b`],
    [String.raw`/d\x/a[1]`, String.raw`/d\x/a\[1\]`],
    [String.raw`/tra\*il`, String.raw`/tra\\\*il`],
    ['/a]', '/a]'],
  ])('gives %s as %s', (path, text) => {
    expect(literalPath(path)).toBe(text);
  });
});

describe('canBeFetched', () => {
  it('says no only where backslash and wildcard are in the last part together', () => {
    expect(canBeFetched(String.raw`/d/tra\*il`)).toBe(false);
    expect(canBeFetched(String.raw`/d\x/a[1]`)).toBe(true);
    expect(canBeFetched(String.raw`/d/a\b`)).toBe(true);
  });
});

describe('places', () => {
  it('puts brackets around an IPv6 address', () => {
    expect(sshPlace({ host: '::1', user: 'u' }, '/x:y')).toBe('u@[::1]:/x:y');
    expect(daemonPlace({ host: '::1', port: 8730 }, '/m/x')).toBe('rsync://[::1]:8730/m/x');
  });
  it('keeps a leading dash from becoming an option of the daemon', () => {
    expect(daemonPlace({ host: 'h' }, '/m/-x')).toBe('rsync://h/m/./-x');
  });
});
