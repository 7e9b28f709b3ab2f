import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { engineOn } from './fleet.ts';
import type { LabHost } from './lab-host.ts';
import { processesOf } from './processes.ts';

/** Takes a fault away again. */
export type Undo = () => Promise<unknown>;

const hostilePeer = fileURLToPath(new URL('../test/programs/hostile-peer.mjs', import.meta.url));

/** At most so many megabytes a second of what engines send come to these hosts. */
export async function slowDown(hosts: readonly LabHost[], megabytes: number): Promise<Undo> {
  const rules = `add table inet slow; add chain inet slow in { type filter hook input priority 0; };
    add rule inet slow in iifname eth0 tcp sport 20000-32767 limit rate over ${megabytes} mbytes/second burst 200 kbytes drop;
    add rule inet slow in iifname eth0 tcp dport 20000-32767 limit rate over ${megabytes} mbytes/second burst 200 kbytes drop`;
  for (const host of hosts) await host.run(['nft', rules]);
  return async () => {
    for (const host of hosts) await host.run(['nft', 'delete table inet slow']);
  };
}

/** Somebody else takes all the room that a host has left. */
export async function fillDisk(host: LabHost): Promise<Undo> {
  await host.run(['sh', '-c', 'cat /dev/zero >/srv/disk/filler 2>/dev/null; test -s /srv/disk/filler']);
  return () => host.run(['rm', '/srv/disk/filler']);
}

/** The engine that runs there is killed, and no other can be started. */
export async function takeEngineFrom(host: LabHost): Promise<Undo> {
  const path = (await host.run(['sh', '-c', 'command -v qbittorrent-nox'])).stdout as string;
  await host.run(['mount', '--bind', '/bin/false', path]);
  process.kill(await engineOn(host), 'SIGKILL');
  return () => host.run(['umount', path]);
}

/** All that runs there is gone at once, connections too, and what was in memory; what is on the disk stays. */
export async function reboot(host: LabHost): Promise<void> {
  await host.run(['ip', 'link', 'set', 'eth0', 'down']);
  // Whatever it still starts meanwhile is no different.
  for (let left = await processesOf(host); left.length > 0; left = await processesOf(host)) left.forEach(kill);
  await host.run([
    'sh',
    '-c',
    'ss -K state connected >/dev/null; find /tmp /run -mindepth 1 -maxdepth 1 ! -name sshd ! -name mount -exec rm -rf {} +',
  ]);
  await sleep(1000);
  await host.run(['ip', 'link', 'set', 'eth0', 'up']);
}

export function kill({ pid }: { readonly pid: number }): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

export interface Call {
  readonly peer: string;
  readonly answered: boolean;
  readonly got: number;
  readonly sent: number;
}

/** Nobody reaches the engine of a host, and it reaches nobody; others there may call whom they like. */
export async function mute(host: LabHost): Promise<Undo> {
  const rules = `add table inet mute; add chain inet mute in { type filter hook input priority 0; };
    add rule inet mute in iifname eth0 tcp dport 20000-32767 reject with tcp reset; add chain inet mute out { type filter hook output priority 0; };
    add rule inet mute out oifname eth0 meta skuid 0 tcp dport 20000-32767 reject with tcp reset`;
  await host.run(['nft', rules]);
  return () => host.run(['nft', 'delete table inet mute']);
}

/** A hostile client on a host, of somebody who is not root. */
export function startHostile(host: LabHost, words: readonly string[]): AsyncDisposable & { readonly calls: readonly Call[] } {
  const calls: Call[] = [];
  const [program, ...args] = host.enter(['setpriv', '--reuid=65534', '--clear-groups', process.execPath, hostilePeer, ...words]);
  const running = execa(program, args, { stdin: 'ignore', reject: false });
  running.stdout.on('data', (text: Buffer) => {
    for (const line of text.toString().split('\n')) if (line) calls.push(JSON.parse(line) as Call);
  });
  return {
    calls,
    [Symbol.asyncDispose]: async () => {
      for (const { pid, args: words } of await processesOf(host)) if (words.includes(hostilePeer)) kill({ pid });
      await running;
    },
  };
}
