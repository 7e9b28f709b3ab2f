import { expect, it } from 'vitest';
import { guardedEnvironment, readGuarded } from './remote-guard.ts';

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
