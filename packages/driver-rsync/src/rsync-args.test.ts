import { describe, expect, it } from 'vitest';
import { remoteShell } from './remote-shell.ts';
import { rsyncArgs } from './rsync-args.ts';
import type { Job } from './rsync-args.ts';

const local: Job = {
  from: { kind: 'here', path: '/-a' },
  to: { kind: 'here', path: '/b' },
  compare: false,
  sparse: true,
  device: false,
  replace: false,
};
const ssh = { program: 'ssh', options: ['-F', '/my cfg'], host: 'box', port: 2222 };

describe('rsyncArgs', () => {
  it('writes a local copy in place, whole, with its holes', () => {
    expect(rsyncArgs(local)).toEqual([
      ...['--inplace', '--whole-file', '--ignore-times', '--sparse', '--no-perms', '--no-owner', '--no-group', '--no-times'],
      ...['--info=progress2,stats2', '--no-human-readable', '--no-inc-recursive', '--outbuf=L', '--', '/-a', '/b'],
    ]);
  });
  it('compares with what the destination holds', () => {
    expect(rsyncArgs({ ...local, compare: true })).toContain('--no-whole-file');
  });
  it('gives the limit as whole KiB', () => {
    expect(rsyncArgs({ ...local, limitKiB: 20_480 })).toContain('--bwlimit=20480');
  });
  it('has its bytes carried, on this machine by another rsync of this machine', () => {
    const args = rsyncArgs({ ...local, to: { kind: 'here', path: '/b[1]\\:c' }, pace: '/my pace' });
    expect(args.slice(args.indexOf('-s'))).toEqual(['-s', '-e', "'/my pace' --here", '--', '/-a', String.raw`localhost:/b\[1\]\\:c`]);
  });
  it('has its bytes carried to a host', () => {
    const args = rsyncArgs({ ...local, to: { kind: 'ssh', ssh, path: '/b' }, pace: '/pace' });
    expect(args).toContain("/pace -F '/my cfg' -p 2222");
  });
  it('packs with the compressor and level that were chosen', () => {
    const args = rsyncArgs({ ...local, to: { kind: 'ssh', ssh, path: '/b' }, packing: { choice: 'zstd', level: 1 } });
    expect(args).toEqual(expect.arrayContaining(['--compress-choice=zstd', '--compress-level=1']));
    expect(args.slice(args.indexOf('-s'))).toEqual(['-s', '-e', "ssh -F '/my cfg' -p 2222", '--', '/-a', 'box:/b']);
  });
  it('has the rsync over there give way, where that is asked for', () => {
    const args = rsyncArgs({ ...local, from: { kind: 'ssh', ssh, path: '/a' }, pace: '/pace', idleWords: ['nice', '-n', '19'] });
    expect(args).toContain('--rsync-path=nice -n 19 rsync');
  });
  it('replaces nothing on a daemon, and writes there by its own temporary name', () => {
    const args = rsyncArgs({ ...local, to: { kind: 'daemon', host: 'd', path: '/m/x' }, passwordFile: '/p' });
    expect(args).toEqual(expect.arrayContaining(['--ignore-existing', '--password-file=/p', 'rsync://d/m/x']));
    expect(args).not.toContain('--inplace');
  });
});

describe('remoteShell', () => {
  it('doubles a quote within quotes', () => {
    expect(remoteShell({ program: 'ssh', options: ['-F', "/it's mine"] })).toBe("ssh -F '/it''s mine'");
  });
});
