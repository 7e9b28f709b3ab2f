import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { limitOfUnits, limitUnits, scpArgs, sftpTestArgs } from './scp-args.ts';

const words = { options: ['-F', '/etc/config', '-o', 'BatchMode=yes'], compress: false };
const last = (from: object, to: object): string[] => scpArgs({ ...words, from, to } as Parameters<typeof scpArgs>[0]).slice(-2);

describe('scpArgs', () => {
  it('puts options first and ends them before the names', () => {
    expect(scpArgs({ ...words, from: { path: '/a' }, to: { path: '/b', ssh: { host: 'h' } } })).toEqual([
      '-F',
      '/etc/config',
      '-o',
      'BatchMode=yes',
      '--',
      '/a',
      'scp://h//b',
    ]);
  });

  it('names user and port, each end its own, and goes through here between two hosts', () => {
    const from = { path: '/a', ssh: { host: 'one', user: 'ann', port: 2201 } };
    const to = { path: '/b', ssh: { host: '::1', port: 2202 } };
    const args = scpArgs({ ...words, from, to });
    expect(args).toContain('-3');
    expect(args.slice(-2)).toEqual(['scp://ann@one:2201//a', 'scp://[::1]:2202//b']);
  });

  it('fetches no pattern, and puts no backslash into a name', () => {
    const name = String.raw`/a\b*?[c]{d}`;
    expect(last({ path: name, ssh: { host: 'h' } }, { path: name })).toEqual([String.raw`scp://h//a\\b\*\%3F\[c\]\{d\}`, name]);
    expect(last({ path: name }, { path: name, ssh: { host: 'h' } })).toEqual([name, String.raw`scp://h//a\b*%3F[c]{d}`]);
  });

  it('writes every path so that undoing the percent signs gives it back, and nothing before it changes', () => {
    fc.assert(
      fc.property(fc.string(), (name) => {
        const [, uri] = last({ path: '/from' }, { path: `/${name}`, ssh: { host: 'h' } });
        expect(uri?.startsWith('scp://h//')).toBe(true);
        const rest = uri?.slice('scp://h/'.length) ?? '';
        expect(rest).not.toMatch(/[@:?#]/);
        expect(rest.replaceAll(/%([0-9A-F]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))).toBe(`/${name}`);
      }),
    );
  });

  it('passes a limit and compression on', () => {
    expect(scpArgs({ ...words, compress: true, limit: 8192, from: { path: '/a' }, to: { path: '/b', ssh: { host: 'h' } } })).toEqual(
      expect.arrayContaining(['-C', '-l', '8192']),
    );
  });
});

describe('limitUnits', () => {
  it.each([
    [20 * 2 ** 20, 163_840],
    [128, 1],
    [255, 1],
    [1e6, 7812],
    [1e12, 104_857_600],
  ])('makes of %i bytes a second %i units', (bytes, units) => {
    expect(limitUnits(bytes)).toBe(units);
  });

  it('has none for what would round to nothing', () => {
    expect(limitUnits(127)).toBeUndefined();
  });

  it('never exceeds the limit, and comes within a unit of it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 128, max: 10 ** 10 }), (bytes) => {
        const kept = limitOfUnits(limitUnits(bytes) ?? 0);
        expect(kept).toBeLessThanOrEqual(bytes);
        expect(bytes - kept).toBeLessThan(128);
      }),
    );
  });
});

describe('sftpTestArgs', () => {
  it('asks for the subsystem under the user and port of the address', () => {
    expect(sftpTestArgs({ host: 'h', user: 'ann', port: 22 }, ['-o', 'BatchMode=yes'])).toEqual([
      '-o',
      'BatchMode=yes',
      '-p',
      '22',
      '-l',
      'ann',
      '-s',
      '--',
      'h',
      'sftp',
    ]);
  });
});
