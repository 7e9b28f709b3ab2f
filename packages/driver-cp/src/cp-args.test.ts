import { describe, expect, it } from 'vitest';
import type { KnownEndpoint } from '@image-api/driver';
import { cpCommand, ddCommands } from './cp-args.ts';

const mib = 2 ** 20;
const file = (path: string, size: number): KnownEndpoint => ({
  scheme: 'file',
  path,
  params: {},
  href: `file://${path}`,
  facts: { kind: 'file', size, allocated: size },
});
const device = (path: string, size: number): KnownEndpoint => ({ ...file(path, size), facts: { kind: 'block', size } });

describe('cpCommand', () => {
  it('never asks about modes, so that a private file stays private', () => {
    expect(cpCommand({ from: file('/a', 1), to: file('/b', 0) }, 'auto')).toEqual({
      tool: 'cp',
      args: ['--reflink=auto', '--sparse=auto', '-T', '--', '/a', '/b'],
    });
  });

  it('looks for zeros in what it reads from a device', () => {
    expect(cpCommand({ from: device('/dev/sda', 1), to: file('/b', 0) }, 'auto').args).toEqual([
      '--reflink=never',
      '--sparse=always',
      '-T',
      '--',
      '/dev/sda',
      '/b',
    ]);
  });
});

describe('ddCommands', () => {
  const places = (size: number): string[] =>
    ddCommands({ from: file('/a', size), to: device('/dev/sdb', 2 ** 30) }).map(({ args }) =>
      args.filter((word) => /^(if|skip|seek|count)=/.test(word)).join(' '),
    );

  it('wipe the first MiB, write the rest, then the first MiB', () => {
    expect(places(5 * mib + 512)).toEqual([
      'if=/dev/zero count=1048576',
      `if=/a skip=1048576 seek=1048576 count=${4 * mib + 512}`,
      'if=/a count=1048576',
    ]);
  });

  it('are two for an image that is shorter than a MiB', () => {
    expect(places(1000)).toEqual(['if=/dev/zero count=1000', 'if=/a count=1000']);
    expect(places(mib)).toEqual(['if=/dev/zero count=1048576', 'if=/a count=1048576']);
  });

  it('each wait for the disk, write zeros for holes, and never make a file where a device was', () => {
    for (const { tool, args } of ddCommands({ from: file('/a', 3 * mib), to: device('/dev/sdb', 2 ** 30) })) {
      expect(tool).toBe('dd');
      expect(args).toContain('conv=notrunc,nocreat,fsync');
      expect(args).toContain('of=/dev/sdb');
    }
  });
});
