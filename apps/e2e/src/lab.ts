import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { hostScript, switchScript } from './host-script.ts';
import { startImagectl } from './imagectl.ts';
import type { ImagectlOptions, ImagectlResult, RunningImagectl } from './imagectl.ts';
import { makeLabDirectory } from './lab-directory.ts';
import { labHost } from './lab-host.ts';
import type { LabHost } from './lab-host.ts';
import { startNamespace } from './namespace-process.ts';
import type { NamespaceProcess } from './namespace-process.ts';
import { writeSshFiles } from './ssh-files.ts';

export type { LabHost };

export interface LabOptions {
  /** The far hosts by name, and `here`, where imagectl runs: it is always there, and what is said of it is how it is. */
  readonly hosts: Readonly<Record<string, HostOptions>>;
  /** The speed of every link in both directions, as `tc` writes it: `100mbit`. Default: as fast as the machine. */
  readonly rate?: string;
}

export interface HostOptions {
  /** Tools this host does not have. */
  readonly without?: readonly string[];
  /** Hosts whose key opens this one. Default: all. */
  readonly admits?: readonly string[];
  /** Whether its sshd speaks SFTP. Default true. */
  readonly sftp?: boolean;
  /** The size of its /srv, as `mount` writes it. Default `2g`. */
  readonly room?: string;
  /** Whether imagectl is run on it, too, and so it must see this repository. Default false: it is as bare as any far host. */
  readonly imagectl?: boolean;
}

/** Machines with an sshd each, on one switch, reachable from nowhere else. */
export interface Lab {
  readonly here: LabHost;
  host(name: string): LabHost;
  readonly all: readonly LabHost[];
  /** Run imagectl on `here` with the lab's ssh configuration, to its end, whatever its exit status. */
  imagectl(args: readonly string[], options?: ImagectlOptions): Promise<ImagectlResult>;
  /** The same, in the hand of the caller. */
  start(args: readonly string[], options?: ImagectlOptions): RunningImagectl;
  stop(): Promise<void>;
}

const run = promisify(execFile);
const repository = fileURLToPath(new URL('../../../', import.meta.url));

export async function startLab(options: LabOptions): Promise<Lab> {
  const directory = await makeLabDirectory();
  const parties = partiesOf(options);
  const processes: NamespaceProcess[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(processes.map((process) => process.stop()));
    await rm(directory, { recursive: true, force: true });
  };
  try {
    const sshFiles = await writeSshFiles(directory, parties);
    const wire = await startNamespace(switchScript, {});
    processes.push(wire);
    const hosts = await Promise.all(
      parties.map(async ({ name, address, without, room, imagectl }) => {
        const first = await startNamespace(hostScript, {
          NAME: name,
          ETC: sshFiles.get(name)!,
          ROOM: room,
          WITHOUT: without.join(' '),
          ...visibility(imagectl),
        });
        processes.push(first);
        await plugIn(wire.pid, first.pid, name, address, options.rate);
        first.proceed();
        return labHost(name, address, imagectl ? '/srv/home' : homedir(), first);
      }),
    );
    wire.proceed();
    await Promise.all(hosts.map(listening));
    return labOf(hosts, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

function labOf(hosts: readonly LabHost[], stop: () => Promise<void>): Lab {
  const host = (name: string): LabHost => {
    const found = hosts.find((one) => one.name === name);
    if (!found) throw new Error(`the lab has no host ${name}`);
    return found;
  };
  const here = host('here');
  const start: Lab['start'] = (args, options) => startImagectl(here, args, options);
  return { here, host, all: hosts, start, imagectl: (args, options) => start(args, options).done, stop };
}

interface Party {
  readonly name: string;
  readonly address: string;
  readonly admits: readonly string[];
  readonly sftp: boolean;
  readonly without: readonly string[];
  readonly room: string;
  readonly imagectl: boolean;
}

function partiesOf({ hosts }: LabOptions): readonly Party[] {
  const named: [string, HostOptions][] = Object.entries({ here: {}, ...hosts });
  const everybody = named.map(([name]) => name);
  return named.map(([name, { admits = everybody, sftp = true, without = [], room = '2g', imagectl = name === 'here' }], index) => ({
    name,
    address: `10.77.0.${index + 1}`,
    admits,
    sftp,
    without,
    room,
    imagectl,
  }));
}

/** Who runs our own program must see it; any other far host has a home directory of its own. */
function visibility(imagectl: boolean): Readonly<Record<string, string>> {
  if (!imagectl) return { KEEP: '', COVER: homedir() };
  const covered = /^\/(tmp|run)\//;
  return { KEEP: [repository, dirname(process.execPath)].filter((path) => covered.test(path) && existsSync(path)).join(' '), COVER: '' };
}

async function plugIn(wirePid: number, hostPid: number, name: string, address: string, rate: string | undefined): Promise<void> {
  const on = (pid: number, ...command: string[]): Promise<unknown> => run('nsenter', [`--target=${pid}`, '--net', '--', ...command]);
  await on(wirePid, 'ip', 'link', 'add', name, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(hostPid));
  await on(wirePid, 'ip', 'link', 'set', name, 'master', 'switch', 'up');
  await on(hostPid, 'ip', 'address', 'add', `${address}/24`, 'dev', 'eth0');
  await on(hostPid, 'ip', 'link', 'set', 'eth0', 'up');
  if (rate === undefined) return;
  const shape = (pid: number, device: string): Promise<unknown> =>
    on(pid, 'tc', 'qdisc', 'add', 'dev', device, 'root', 'tbf', 'rate', rate, 'burst', '256k', 'latency', '50ms');
  await Promise.all([shape(wirePid, name), shape(hostPid, 'eth0')]);
}

async function listening(host: LabHost): Promise<void> {
  for (let round = 0; round < 500; round += 1) {
    const sockets = await readFile(`/proc/${host.pid}/net/tcp`, 'utf8');
    if (/:0016 00000000:0000 0A/.test(sockets)) return;
    await delay(10);
  }
  throw new Error(`sshd on ${host.name} does not listen: ${await readFile(host.outside('/etc/ssh/sshd.log'), 'utf8').catch(String)}`);
}
