import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A real rsync daemon of a test's own, on the loopback interface: modules `open`, `fixed` (read only) and `locked` (bob, secret). */
export interface RsyncDaemon {
  readonly port: number;
  /** The directory all modules show. */
  readonly directory: string;
  readonly passwordFile: string;
  stop(): Promise<void>;
}

export async function startRsyncDaemon(directory: string): Promise<RsyncDaemon> {
  const [shown, secrets, passwordFile] = [join(directory, 'shown'), join(directory, 'secrets'), join(directory, 'password')];
  await mkdir(shown);
  await writeFile(secrets, 'bob:secret\n', { mode: 0o600 });
  await writeFile(passwordFile, 'secret\n', { mode: 0o600 });
  const port = await freePort();
  const user = process.getuid?.() === 0 ? ['uid = root', 'gid = root'] : [];
  const common = [`port = ${port}`, 'address = 127.0.0.1', 'use chroot = no', ...user];
  const modules = ['[open]', `path = ${shown}`, 'read only = no', '[fixed]', `path = ${shown}`, 'read only = yes'];
  const locked = ['[locked]', `path = ${shown}`, 'read only = no', 'auth users = bob', `secrets file = ${secrets}`];
  const config = join(directory, 'rsyncd.conf');
  await writeFile(config, [...common, ...modules, ...locked, ''].join('\n'));
  // Should the test die, the kernel takes the daemon along.
  const daemon = spawn('setpriv', ['--pdeathsig', 'KILL', '--', 'rsync', '--daemon', '--no-detach', `--config=${config}`], {
    stdio: 'ignore',
  });
  for (let tries = 0; !(await answers(port)); tries++) {
    if (daemon.exitCode !== null || tries > 250) throw new Error('the rsync daemon does not start');
    await sleep(20);
  }
  const stop = async (): Promise<void> => {
    daemon.kill('SIGTERM');
    await once(daemon, 'exit');
  };
  return { port, directory: shown, passwordFile, stop };
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (typeof address !== 'object' || !address) throw new Error('no port');
  return address.port;
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
