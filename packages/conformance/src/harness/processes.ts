import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** A process, dead ones not counted. */
export interface ProcessInfo {
  readonly pid: number;
  readonly command: string;
  /** −20 to 19; larger is nicer to others. */
  readonly nice: number;
}

const graceMs = 500;

/** The processes there are; none where there is no `/proc`. */
export function allPids(): number[] {
  try {
    return readdirSync('/proc')
      .filter((entry) => /^\d+$/.test(entry))
      .map(Number);
  } catch {
    return [];
  }
}

/**
 * The processes of a copy that were not there before and are still there after a moment of grace: what was killed may take one to go.
 * They are of a copy if this process started them, directly or not, or if they have something of `folder` open or in their command line,
 * wherever they come from.
 */
export async function leftOver(folder: string, before: ReadonlySet<number>): Promise<ProcessInfo[]> {
  let suspects = allPids().flatMap((pid) => (before.has(pid) ? [] : (ofCopy(pid, folder) ?? [])));
  for (let waited = 0; suspects.length > 0 && waited < graceMs; waited += 50) {
    await sleep(50);
    suspects = suspects.flatMap(({ pid }) => ofCopy(pid, folder) ?? []);
  }
  return suspects;
}

/** The processes, but for this one, that have this very file open. */
export function writersOf(path: string): ProcessInfo[] {
  return allPids()
    .filter((pid) => pid !== process.pid && holds(pid, path))
    .flatMap((pid) => readProcess(pid) ?? []);
}

function ofCopy(pid: number, folder: string): ProcessInfo | undefined {
  const found = readProcess(pid);
  return found && (isOurs(found) || found.command.includes(folder) || holds(pid, folder)) ? found : undefined;
}

interface Entry extends ProcessInfo {
  readonly parent: number;
}

function readProcess(pid: number): Entry | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name before it, in brackets, may hold anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    const dead = fields[0] === 'Z' || fields[0] === 'X';
    return dead ? undefined : { pid, command, parent: Number(fields[1]), nice: Number(fields[16]) };
  } catch {
    return undefined;
  }
}

function isOurs({ parent }: Entry): boolean {
  if (parent === process.pid) return true;
  const above = parent > 1 ? readProcess(parent) : undefined;
  return above !== undefined && isOurs(above);
}

/** Whether it has this file, or one below this directory, open. */
function holds(pid: number, path: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((descriptor) => linkOf(`/proc/${pid}/fd/${descriptor}`).startsWith(path));
  } catch {
    return false;
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
