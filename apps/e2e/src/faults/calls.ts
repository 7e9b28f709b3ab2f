import { posix } from 'node:path';
import { readFile, rm } from 'node:fs/promises';
import { expectExit } from '../expect-copied.ts';
import type { Hit } from '../fault-cell.ts';
import { quickly } from './slow-copy.ts';
import { stagingOf } from './staging-of.ts';
import { oneThread } from './strace.ts';

/** A system call of a copy: the `nth` of its kind that one thread makes. */
export interface Call {
  readonly name: string;
  readonly nth: number;
}

/** Every file and directory a copy deals with; calls about others are left alone. */
export async function filesOf(hit: Hit): Promise<readonly string[]> {
  const { from, to } = hit.scene;
  return [await stagingOf(hit), to.path, posix.dirname(to.path), from.path];
}

/** The system calls a copy and its tools make about these files, seen by doing it once. */
export async function callsOf(hit: Hit, files: readonly string[]): Promise<readonly Call[]> {
  const trace = `${hit.scene.from.path}.trace`;
  const words = ['strace', '-D', '-f', '--seccomp-bpf', '-qqq', '-o', trace, '-e', 'trace=%file,%desc', ...pathWords(files)];
  expectExit(await hit.start({ ...quickly, through: words, env: oneThread }).done, 0);
  const { here } = hit.lab;
  const lines = (await readFile(here.outside(trace), 'utf8')).split('\n');
  await rm(here.outside(trace));
  return callsIn(lines);
}

/** The words that make one call fail, or kill who makes it: `error=EIO`, `signal=KILL`. */
export function hitCall(files: readonly string[], { name, nth }: Call, what: string): readonly string[] {
  // With its filter in the kernel strace loses signals.
  const filter = what.startsWith('signal=') ? [] : ['--seccomp-bpf'];
  const words = ['strace', '-D', '-f', ...filter, '-qqq', '-o', '/dev/null', '-e', `trace=${name}`];
  return [...words, '-e', `inject=${name}:${what}:when=${nth}`, ...pathWords(files)];
}

/** strace counts each thread's calls by kind, and so the most any thread makes is as far as there is something to hit. */
function callsIn(lines: readonly string[]): readonly Call[] {
  const most = new Map<string, number>();
  const perThread = new Map<string, number>();
  for (const line of lines) {
    const [, thread, name] = /^(\d+) +(\w+)\(/.exec(line) ?? [];
    if (thread === undefined || name === undefined) continue;
    const count = (perThread.get(`${thread} ${name}`) ?? 0) + 1;
    perThread.set(`${thread} ${name}`, count);
    most.set(name, Math.max(count, most.get(name) ?? 0));
  }
  return [...most].flatMap(([name, count]) => Array.from({ length: count }, (_, index) => ({ name, nth: index + 1 })));
}

function pathWords(files: readonly string[]): readonly string[] {
  return files.flatMap((file) => ['-P', file]);
}
