import { readdir, readlink } from 'node:fs/promises';
import { posix } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { vi } from 'vitest';
import type { Scene } from '../fault-scene.ts';
import type { Lab } from '../lab.ts';
import type { LabHost } from '../lab-host.ts';
import { processesOf } from '../processes.ts';
import type { LabProcess } from '../processes.ts';
import { farEndOf } from './far-scene.ts';

/** The rsync or scp that a copy started, or the shell of the driver ssh: its words name the staging file. */
export function toolOf(lab: Lab, { from, to, args }: Scene): Promise<LabProcess> {
  // All but scp go straight from host to host here, so they run on the one that sends.
  const on = from.host !== lab.here && to.host !== lab.here && !args.includes('scp') ? from.host : lab.here;
  const directory = `${posix.dirname(to.path)}/`;
  const name = args.includes('ssh') ? /^sh$/ : /(^|\/)(rsync|scp)$/;
  // On a far host a shell of ours watches it, which has its words, too, behind a mark.
  const isTool = ({ args }: LabProcess): boolean =>
    name.test(args[0] ?? '') && args.some((word) => word.includes(directory)) && !/^image-api-\w+$/.test(args[4] ?? '');
  return found(async () => (await processesOf(on)).find(isTool) ?? absent(on, 'tool'));
}

/** The other half of it, which sshd started on a far host: it has the image or the staging file open, sooner or later. */
export function farHalfOf(lab: Lab, scene: Scene): Promise<LabProcess & { readonly host: LabHost }> {
  const { host, path } = farEndOf(lab, scene);
  return found(async () => {
    const [holder = absent(host, 'half of the tool')] = await holdersOf(host, posix.dirname(path), /^(rsync|perl)$|internal-sftp/);
    return { ...holder, host };
  });
}

/** The process of sshd that holds the connection which a process was started through. */
export function sessionOf({ host, pid }: LabProcess & { readonly host: LabHost }): Promise<LabProcess> {
  return found(async () => {
    const processes = await processesOf(host);
    const find = (wanted: number): LabProcess | undefined => processes.find((one) => one.pid === wanted);
    for (let above = find(pid); above; above = find(above.parentPid))
      if (/^sshd(-session)?: \w+(@notty)? *$/.test(above.args[0] ?? '')) return above;
    return absent(host, 'session of sshd');
  });
}

/** Processes come and go while they are listed, so it is looked more than once. */
function found<T>(look: () => Promise<T>): Promise<T> {
  return vi.waitFor(look, { timeout: 10_000, interval: 50 });
}

/** Waits up to ten seconds until no process of any host has a file of a copy open. Throws with those that have. */
export async function expectNobodyAtWork(lab: Lab, { from, to }: Scene): Promise<void> {
  const deadline = performance.now() + 10_000;
  for (;;) {
    const left = await Promise.all([from, to].map(async ({ host, path }) => holdersOf(host, posix.dirname(path), /./)));
    if (left.flat().length === 0) return;
    if (performance.now() > deadline) throw new Error(`left behind: ${JSON.stringify(left.flat())}`);
    await delay(50);
  }
}

async function holdersOf(host: LabHost, directory: string, name: RegExp): Promise<readonly LabProcess[]> {
  const processes = (await processesOf(host)).filter(({ args }) => name.test(args[0]?.trim() ?? ''));
  const holding = await Promise.all(processes.map(({ pid }) => hasOpen(pid, directory)));
  return processes.filter((_, index) => holding[index]);
}

async function hasOpen(pid: number, directory: string): Promise<boolean> {
  const names = await readdir(`/proc/${pid}/fd`).catch(() => []);
  const paths = await Promise.all(names.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => '')));
  return paths.some((path) => path.startsWith(`${directory}/`));
}

function absent(host: LabHost, what: string): never {
  throw new Error(`no ${what} of this copy runs on ${host.name}`);
}
