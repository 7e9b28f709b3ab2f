import { readdirSync, readFileSync } from 'node:fs';

/** Send a signal to every process of a group. False when there is no such group any more. */
export function signalGroup(group: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(-group, signal);
    return true;
  } catch {
    return false;
  }
}

/**
 * Whether a process of the group still runs. The dead that nobody has buried yet do not count: in a container the first process may
 * leave them lying for seconds, and the kernel calls them alive.
 */
export function groupRuns(group: number): boolean {
  try {
    process.kill(-group, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return membersFrom(group) ?? true;
}

/** `undefined` where there is no `/proc` to look into. */
function membersFrom(group: number): boolean | undefined {
  try {
    return readdirSync('/proc').some((entry) => /^\d+$/.test(entry) && belongs(entry, group));
  } catch {
    return undefined;
  }
}

function belongs(pid: string, group: number): boolean {
  const process = readProcess(pid);
  return process !== undefined && process.group === group && process.state !== 'Z' && process.state !== 'X';
}

/** State letter, group and start time (clock ticks since boot) of a process; `undefined` when there is none. */
export function readProcess(pid: number | string): { state: string; group: number; startTime: string } | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined;
  }
  // The name, second, is in parentheses and may itself hold blanks and parentheses.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '', group: Number(fields[2]), startTime: fields[19] ?? '' };
}
