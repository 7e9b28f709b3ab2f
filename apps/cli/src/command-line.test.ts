import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { runCommandLine } from './command-line.ts';
import { readVersion } from './version.ts';
import type { World } from './world.ts';

/** A command line that must not get as far as configuration or drivers. */
async function run(...words: readonly string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const unreachable = (): never => {
    throw new Error('reached for the config');
  };
  const world: World = {
    stdout,
    stderr,
    cwd: '/',
    environment: {},
    signal: new AbortController().signal,
    gaveUp: new Promise<never>(() => undefined),
    now: () => 0,
    loadConfig: unreachable,
    createApi: unreachable,
    startDetached: unreachable,
  };
  const status = await runCommandLine(words, world);
  stdout.end();
  stderr.end();
  return { status, stdout: await text(stdout), stderr: await text(stderr) };
}

describe('help', () => {
  it.each([
    [['--help']],
    [['copy', '--help']],
    [['plan', '-h']],
    [['drivers', '--help']],
    [['doctor', '--help']],
    [['inspect', '--help']],
    [['gc', '--help']],
    [['tasks', '--help']],
    [['limit', '--help']],
    [['pause', '--help']],
    [['resume', '--help']],
    [['cancel', '--help']],
    [['help', 'copy']],
  ])('%j goes to stdout, with examples and exit statuses, in 100 columns', async (words) => {
    const { status, stdout, stderr } = await run(...words);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain('Examples:\n  imagectl ');
    expect(stdout).toContain('Exit status:');
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  it('lists the forms of a URI at the top', async () => {
    const { stdout } = await run('--help');
    for (const form of ['disk.raw', 'user@host:b', 'ssh://', 'rsync://']) expect(stdout).toContain(form);
  });

  it('goes to stderr, with status 2, when there is no command', async () => {
    expect(await run()).toMatchObject({ status: 2, stdout: '', stderr: expect.stringContaining('Usage: imagectl') });
  });
});

it('prints its version', async () => {
  expect(await run('--version')).toEqual({ status: 0, stdout: `${readVersion()}\n`, stderr: '' });
});

describe('a mistake in the line', () => {
  it.each([
    [['copy', 'a']],
    [['copy', 'a', 'b', 'c']],
    [['copy', 'a', 'b', '--limit']],
    [['copy', 'a', 'b', '--redy']],
    [['plan', 'a', 'b', '--ready']],
    [['plan', 'a', 'b', '--detach']],
    [['drivers', 'x']],
    [['inspect']],
    [['cpoy', 'a', 'b']],
    [['--limit', '1MiB/s']],
  ])('%j ends with 2 and one sentence', async (words) => {
    const { status, stdout, stderr } = await run(...words);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^imagectl: [^\n]*; see imagectl --help\n$/);
  });

  it('names what may have been meant', async () => {
    expect((await run('copy', 'a', 'b', '--limt', '1MiB/s')).stderr).toContain('(did you mean --limit?)');
  });

  it('is told to a program, too, as the last line of its JSON', async () => {
    const { status, stdout } = await run('copy', 'a', 'b', '--redy', '--json');
    expect(status).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ type: 'error', code: 'BAD_OPTION', origin: 'caller', exitStatus: 2 });
  });

  it('is to leave a copy to the background at two moments', async () => {
    const { status, stderr } = await run('copy', 'a', 'b', '--ready', '--detach');
    expect(status).toBe(2);
    expect(stderr).toContain('choose one');
  });

  it('prints no JSON that was not asked for', async () => {
    expect((await run('copy', 'a', '--', '--json', 'c')).stdout).toBe('');
  });

  it('escapes what was typed', async () => {
    expect((await run('copy', 'a', 'b', '--\u001b[2J')).stderr).not.toContain('\u001b');
  });

  it('tells where it came from only when asked', async () => {
    expect((await run('inspect')).stderr).not.toContain('at ');
    expect((await run('inspect', '--debug')).stderr).toContain('CommanderError');
  });
});

describe('a bad value of a flag', () => {
  it.each([
    [['--limit', '50'], 'BAD_LIMIT', '50MiB/s'],
    [['--limit', '50Mb/s'], 'BAD_LIMIT', '--limit'],
    [['--limit', 'automatic'], 'BAD_LIMIT', '--limit'],
    [['--verify', 'md5'], 'BAD_OPTION', 'none, size, content, sha256'],
    [['--needs', 'speed'], 'BAD_OPTION', 'sparse'],
    [['--overwrite', 'yes'], 'BAD_OPTION', 'never, replace'],
    [['--checksum', 'sha256:1'], 'BAD_OPTION', '64 hexadecimal'],
  ])('%j ends with 2 and %s before anything is read', async (words, code, hint) => {
    for (const command of ['copy', 'plan']) {
      const { status, stdout, stderr } = await run(command, 'a', 'b', '--json', ...words);
      expect(status).toBe(2);
      expect(stderr).toMatch(/^imagectl: .*\n$/);
      expect(stderr).toContain(hint);
      expect(JSON.parse(stdout)).toMatchObject({ type: 'error', code });
    }
  });
});
