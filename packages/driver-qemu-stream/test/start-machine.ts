import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KnownEndpoint } from '@image-api/driver';
import { connectQmp } from '@image-api/qmp';
import type { Qmp } from '@image-api/qmp';

/** A machine that is halted: its disks are there, and its monitor answers. */
export interface Machine {
  readonly pid: number;
  readonly endpoint: KnownEndpoint;
  /** Something over its monitor, which nobody else may hold then. */
  ask<T>(work: (qmp: Qmp) => Promise<T>): Promise<T>;
  /** As a guest would: `write -P 7 1M 64k`. Fails with the machine's words. */
  guest(command: string): Promise<void>;
  stop(): Promise<void>;
}

const device = '/machine/peripheral/disk0/virtio-backend';

/**
 * @param blocks as `-blockdev` takes them; the node `disk` is plugged into the device `disk0`
 * @param user whose machine it is; default ours
 */
export async function startMachine(folder: string, blocks: readonly object[], user?: number): Promise<Machine> {
  const path = join(folder, 'vm.qmp');
  const child = spawn(
    'qemu-system-x86_64',
    [
      ...['-machine', 'q35,accel=tcg', '-m', '64', '-nodefaults', '-display', 'none', '-S'],
      ...['-qmp', `unix:${path},server=on,wait=off`],
      ...blocks.flatMap((block) => ['-blockdev', JSON.stringify(block)]),
      ...['-device', 'virtio-blk-pci,drive=disk,id=disk0'],
    ],
    { stdio: 'ignore', ...(user !== undefined && { uid: user, gid: user }) },
  );
  const ask = async <T>(work: (qmp: Qmp) => Promise<T>): Promise<T> => {
    const qmp = await connected(path, child);
    try {
      return await work(qmp);
    } finally {
      await qmp.close();
    }
  };
  await ask((qmp) => qmp.execute('query-status'));
  return {
    pid: child.pid ?? 0,
    endpoint: {
      scheme: 'qmp+unix',
      path,
      params: { device: 'disk0' },
      href: `qmp+unix://${path}?device=disk0`,
      facts: { kind: 'opaque', format: 'raw' },
    },
    ask,
    guest: async (command) => {
      const words = { 'command-line': `qemu-io -d ${device} "${command}"` };
      const said = await ask((qmp) => qmp.execute('human-monitor-command', words));
      if (/fail|error/i.test(said)) throw new Error(said);
    },
    stop: async () => {
      const ended = once(child, 'exit');
      if (child.exitCode === null && child.signalCode === null && child.kill('SIGKILL')) await ended;
    },
  };
}

async function connected(path: string, machine: { readonly exitCode: number | null }): Promise<Qmp> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await connectQmp(path);
    } catch (error) {
      if (tries > 500 || machine.exitCode !== null) throw error;
    }
    await sleep(20);
  }
}
