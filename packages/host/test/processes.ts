import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** The processes, dead ones not counted, whose whole command line is these words. */
export function processesRunning(...words: readonly string[]): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && commandLine(entry) === words.join('\0'))
    .map(Number);
}

/** The processes of this user that have the file open. */
export function processesHolding(path: string): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && openFiles(entry).includes(path))
    .map(Number);
}

/** True when the condition comes to hold within the time. */
export async function comesTrue(condition: () => boolean | Promise<boolean>, withinMs: number): Promise<boolean> {
  const until = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > until) return false;
    await sleep(20);
  }
  return true;
}

/** A duration nobody else sleeps for, so that the test's own sleeper can be told from any other. */
export function uniqueSeconds(): string {
  return `${7000 + Math.floor(Math.random() * 1000)}.${process.pid}`;
}

/** Empty for a process that is dead and not yet buried. */
function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replace(/\0$/, '');
  } catch {
    return '';
  }
}

/** Empty for a process that is gone, or somebody else's. */
function openFiles(pid: string): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((name) => readlinkSync(`/proc/${pid}/fd/${name}`));
  } catch {
    return [];
  }
}
