import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KnownEndpoint } from '@image-api/driver';

/** A disk served over NBD at a unix socket. */
export interface ServedDisk {
  readonly endpoint: KnownEndpoint;
  readonly pid: number;
  stop(): Promise<void>;
}

/** Serve a raw file with `qemu-nbd`, for as many clients as there come, one after another. */
export async function serveDisk(path: string, socket: string, more: readonly string[] = []): Promise<ServedDisk> {
  const words = ['--socket', socket, '--format', 'raw', '--export-name', 'disk', '--persistent', '--discard', 'unmap', ...more, path];
  const server = spawn('qemu-nbd', words, { stdio: 'ignore' });
  await until(socket);
  const endpoint: KnownEndpoint = {
    scheme: 'nbd+unix',
    path: '/disk',
    params: { socket },
    href: `nbd+unix:///disk?socket=${socket}`,
    facts: { kind: 'opaque', format: 'raw' },
  };
  return {
    endpoint,
    pid: server.pid ?? 0,
    stop: async () => {
      const ended = once(server, 'exit');
      if (server.exitCode !== null || server.signalCode !== null || !server.kill('SIGKILL')) return;
      await ended;
    },
  };
}

async function until(path: string): Promise<void> {
  for (let tries = 0; tries < 1000; tries += 1) {
    if (
      await access(path).then(
        () => true,
        () => false,
      )
    )
      return;
    await sleep(10);
  }
  throw new Error(`nothing listens at ${path}`);
}
