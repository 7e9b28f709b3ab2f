import { readFile, readdir, readlink } from 'node:fs/promises';
import type { LabHost } from './lab-host.ts';

export interface LabProcess {
  /** As seen from here. */
  readonly pid: number;
  readonly parentPid: number;
  /** Its argument list, as the kernel has it. */
  readonly args: readonly string[];
}

/** Every live process of a host but its first. A host has a process namespace of its own, so none can be missed or mistaken. */
export async function processesOf(host: LabHost): Promise<readonly LabProcess[]> {
  const namespace = await readlink(`/proc/${host.pid}/ns/pid`);
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== host.pid);
  const processes = await Promise.all(pids.map((pid) => lookAt(Number(pid), namespace).catch(() => undefined)));
  return processes.filter((process) => process !== undefined);
}

async function lookAt(pid: number, namespace: string): Promise<LabProcess | undefined> {
  if ((await readlink(`/proc/${pid}/ns/pid`)) !== namespace) return undefined;
  const [stat, words] = await Promise.all([readFile(`/proc/${pid}/stat`, 'utf8'), readFile(`/proc/${pid}/cmdline`, 'utf8')]);
  const [state, parentPid] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // A zombie is dead: only its parent has not looked yet.
  return state === 'Z' ? undefined : { pid, parentPid: Number(parentPid), args: words.split('\0').slice(0, -1) };
}
