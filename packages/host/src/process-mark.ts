import { readFileSync, readlinkSync } from 'node:fs';
import { readProcess } from './process-group.ts';

/**
 * The beginning of a file name that says which process made it. Process number and start time together name a process for ever, although
 * numbers are used again; but only within one PID namespace, and containers may share a directory.
 */
export function processMark(): string {
  return `s${pidNamespace()}.${process.pid.toString(36)}.${startTime(process.pid)}.`;
}

/**
 * What became of the process that made a file whose name is its mark and six characters more. `busy`: it is stopped, but children of its
 * own run on.
 *
 * @returns `undefined` where nothing can be told: there is no mark, or it is of another PID namespace
 */
export function fateOfMarked(name: string): 'gone' | 'runs' | 'stopped' | 'busy' | undefined {
  const [, namespace, number = '', start] = /^s([0-9a-z]+)\.([0-9a-z]+)\.([0-9a-z]+)\.\w{6}$/.exec(name) ?? [];
  if (namespace === undefined || namespace !== pidNamespace()) return undefined;
  const pid = Number.parseInt(number, 36);
  const found = readProcess(pid);
  if (!found || short(Number(found.startTime)) !== start || isDead(found.state)) return 'gone';
  if (!isStopped(found.state)) return 'runs';
  return childrenOf(pid).some((child) => runs(child)) ? 'busy' : 'stopped';
}

/** Inode numbers of namespaces count from here; the whole would be too long for the path of a socket. */
const firstNamespace = 0xeffffff0;

function pidNamespace(): string {
  return short(Number(/\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? 0) - firstNamespace);
}

function startTime(pid: number): string {
  return short(Number(readProcess(pid)?.startTime ?? 0));
}

/** At most four characters. Two that look the same by chance only keep a file from being swept. */
function short(number: number): string {
  return (Math.abs(number) % 36 ** 4).toString(36);
}

/** Without an entry of its own in the kernel's list, a stopped process is taken to have no children. */
function childrenOf(pid: number): readonly number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

function runs(pid: number): boolean {
  const state = readProcess(pid)?.state;
  return state !== undefined && !isDead(state) && !isStopped(state);
}

function isDead(state: string): boolean {
  return state === 'Z' || state === 'X';
}

function isStopped(state: string): boolean {
  return state === 'T' || state === 't';
}
