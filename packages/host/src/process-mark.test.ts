import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { afterEach, expect, it, vi } from 'vitest';
import { fateOfMarked, processMark } from './process-mark.ts';

const children: ChildProcess[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) {
    child.kill('SIGCONT');
    child.stdin?.end();
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }
});

/** A process in a process's place: the mark that it would make itself. */
function start(script: string): { readonly child: ChildProcess; readonly name: string } {
  const child = spawn('sh', ['-c', script], { stdio: ['pipe', 'pipe', 'ignore'] });
  children.push(child);
  const fields = readFileSync(`/proc/${child.pid}/stat`, 'latin1')
    .replace(/^.*\) /s, '')
    .split(' ');
  const [namespace = ''] = processMark().split('.');
  return { child, name: `${namespace}.${child.pid?.toString(36)}.${(Number(fields[19]) % 36 ** 4).toString(36)}.abcdef` };
}

const settles = { timeout: 5000, interval: 20 };

it('knows its own mark', () => {
  expect(fateOfMarked(`${processMark()}abcdef`)).toBe('runs');
});

it('tells a process that runs, is stopped and is gone', async () => {
  const { child, name } = start('read line');
  expect(fateOfMarked(name)).toBe('runs');
  child.kill('SIGSTOP');
  await vi.waitFor(() => expect(fateOfMarked(name)).toBe('stopped'), settles);
  child.kill('SIGKILL');
  await vi.waitFor(() => expect(fateOfMarked(name)).toBe('gone'), settles);
});

it('tells a stopped process whose children run on', async () => {
  const { child, name } = start('sleep 30 & echo up; read line; kill $!');
  await once(child.stdout!, 'data');
  child.kill('SIGSTOP');
  await vi.waitFor(() => expect(fateOfMarked(name)).toBe('busy'), settles);
});

it('says nothing of other PID namespaces and of names without a mark', () => {
  const mark = processMark();
  expect(fateOfMarked(`${mark.replace('.', '0.')}abcdef`)).toBeUndefined();
  expect(fateOfMarked('something-else')).toBeUndefined();
  expect(fateOfMarked(`${mark}abcdefg`)).toBeUndefined();
});

it('does not take a new process of the same number for the old one', () => {
  expect(fateOfMarked(`${processMark().replace(/\.[0-9a-z]+\.$/, '.zzzzz.')}abcdef`)).toBe('gone');
});
