import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { beforeEach, describe, expect, it } from 'vitest';
import { findTool } from './find-tool.ts';
import { afterMark, guardedCommand, guardedEnvironment, readGuarded } from './remote-guard.ts';

const mark = 'image-api-0123';

it('takes the words of a login shell and its own off', () => {
  const said = `bash: warning: no such locale\n${mark}\nfirst\nlast\n\n${mark} exit 3\n`;
  expect(readGuarded(said, mark)).toEqual({ stderr: 'first\nlast\n', started: true, end: { exitCode: 3, signal: null } });
});

it('adds no newline to what a tool said without one', () => {
  expect(readGuarded(`${mark}\nno newline\n${mark} exit 0\n`, mark).stderr).toBe('no newline');
});

it('tells death by a signal from an exit', () => {
  expect(readGuarded(`${mark}\n\n${mark} exit 143\n`, mark).end).toEqual({ exitCode: null, signal: 'SIGTERM' });
  expect(readGuarded(`${mark}\n\n${mark} exit 255\n`, mark).end).toEqual({ exitCode: 255, signal: null });
});

it('tells which tool is missing', () => {
  expect(readGuarded(`${mark}\n\n${mark} missing rsync\n`, mark).end).toEqual({ missing: 'rsync' });
});

it('knows of no end when the connection was lost, before or after the start', () => {
  expect(readGuarded('Connection closed', mark)).toMatchObject({ started: false, end: undefined });
  expect(readGuarded(`${mark}\nhalf`, mark)).toMatchObject({ started: true, end: undefined, stderr: 'half' });
});

it('finds the end when the beginning was too long ago to be kept', () => {
  expect(readGuarded(`…tail\n${mark} exit 1\n`, mark)).toEqual({ stderr: '…tail', started: true, end: { exitCode: 1, signal: null } });
});

it('sends the environment in lines, up to an empty one', () => {
  expect(guardedEnvironment({ A: '1', B: 'x y' })).toBe('A=1\nB=x y\n\n');
  expect(guardedEnvironment()).toBe('\n');
});

describe.concurrent.each(['sh', 'dash', 'bash', 'zsh', 'fish', 'ksh', 'busybox'])('the guard, started by %s', (shell) => {
  const start = async (tool: string, args: readonly string[], patience: number): Promise<ChildProcessWithoutNullStreams> => {
    const child = spawn(shell, [
      ...(shell === 'busybox' ? ['sh'] : []),
      '-c',
      guardedCommand(tool, args, mark, { killAfterMs: 300, patienceSeconds: patience }),
    ]);
    child.stdin.on('error', () => undefined);
    child.stdin.write('\n');
    return child;
  };

  beforeEach(async (context) => {
    if (!(await findTool(shell, process.env['PATH']))) context.skip(`${shell} is not installed`);
  });

  it.concurrent('ends the tool when no sign of life comes, and says so', async () => {
    const child = await start('sleep', ['50'], 1);
    const begun = performance.now();
    const said = await text(child.stderr);
    expect(readGuarded(said, mark).end).toEqual({ exitCode: null, signal: 'SIGTERM' });
    expect(performance.now() - begun).toBeLessThan(5000);
    child.stdin.end();
  });

  it.concurrent('lets it work as long as signs of life come', async () => {
    const child = await start('sleep', ['2'], 1);
    const beat = setInterval(() => child.stdin.write('.'), 300);
    expect(readGuarded(await text(child.stderr), mark).end).toEqual({ exitCode: 0, signal: null });
    clearInterval(beat);
    child.stdin.end();
  });

  it.concurrent('passes words that its shell could misread', async () => {
    const words = ["it's", 'a\\b', "\\'", '$HOME', '*', '!'];
    const child = await start('printf', ['%s\\n', ...words], 5);
    const said = afterMark(await text(child.stdout), mark);
    expect(said?.split('\n').slice(0, -1)).toEqual(words);
    child.stdin.end();
  });
});
