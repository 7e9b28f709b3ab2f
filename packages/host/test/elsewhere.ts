import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createHosts } from '../src/create-hosts.ts';
import type { Hosts } from '../src/create-hosts.ts';
import type { RealSshd } from './real-sshd.ts';
import { startSshd } from './real-sshd.ts';

/** Why no test here can have two machines; `undefined` when it can. In CI it must be possible, so nothing is skipped. */
export const twoMachinesMissing: string | undefined =
  process.getuid?.() === 0 || process.env['CI']
    ? undefined
    : 'only root may give an sshd a mount namespace, which makes it another machine';

/** Two machines: `box`, and `other` in a mount namespace of its own, which shows the same files. */
export interface TwoMachines {
  readonly box: RealSshd;
  readonly otherPort: number;
  readonly hosts: Hosts;
  /** What the ssh of `box` is configured with from now on: where `other` leads, and whose keys it knows. */
  configureBox(settings: { readonly other: number; readonly knowsKeys: boolean }): Promise<void>;
  stop(): Promise<void>;
}

/** Start both, on the loopback interface. Root only. */
export async function startTwoMachines(): Promise<TwoMachines> {
  const [otherPort, bin] = [await freePort(), await makeBin()];
  const box = await startSshd({ config: [`SetEnv PATH=${bin.directory}:/usr/local/bin:/usr/bin:/bin`] });
  const config = await readFile(join(box.directory, 'sshd_config'), 'utf8');
  const file = join(box.directory, 'other_config');
  await writeFile(file, config.replace(/^Port .*/m, `Port ${otherPort}`).replace(/^SetEnv .*\n/m, ''));
  const key = await readFile(join(box.directory, 'host_key.pub'), 'utf8');
  await appendFile(box.knownHosts, `[127.0.0.1]:${otherPort} ${key}`);
  await appendFile(box.configFile, `Host other\n  HostName 127.0.0.1\n  Port ${otherPort}\n  User ${box.user}\n`);
  // Should the test die, the kernel takes the server along.
  const words = ['--pdeathsig', 'KILL', '--', 'unshare', '--mount', '/usr/sbin/sshd', '-D', '-f', file];
  const other = spawn('setpriv', words, { stdio: 'ignore' });
  while (!(await answers(otherPort))) await sleep(20);
  const hosts = createHosts({ ssh: { configFile: box.configFile } });
  return {
    box,
    otherPort,
    hosts,
    configureBox: (settings) => configure(bin, box, settings),
    stop: async () => {
      await hosts.close();
      other.kill('SIGTERM');
      await once(other, 'exit');
      await box.stop();
      await bin.remove();
    },
  };
}

interface Bin {
  readonly directory: string;
  remove(): Promise<void>;
}

/** A directory in front of the PATH of `box`: its ssh is the real one with a configuration of its own. */
async function makeBin(): Promise<Bin> {
  const directory = await mkdtemp(join(tmpdir(), 'image-api-bin-'));
  return { directory, remove: () => rm(directory, { recursive: true, force: true }) };
}

async function configure({ directory }: Bin, box: RealSshd, { other, knowsKeys }: { other: number; knowsKeys: boolean }): Promise<void> {
  const config = join(directory, 'config');
  const keys = [
    `  IdentityFile ${join(box.directory, 'user_key')}`,
    '  IdentitiesOnly yes',
    `  UserKnownHostsFile ${knowsKeys ? box.knownHosts : '/dev/null'}`,
  ];
  await writeFile(
    config,
    ['Host other', '  HostName 127.0.0.1', `  Port ${other}`, 'Host *', ...keys, '  GlobalKnownHostsFile /dev/null', ''].join('\n'),
  );
  await writeFile(join(directory, 'ssh'), `#!/bin/sh\nexec /usr/bin/ssh -F ${config} "$@"\n`);
  await chmod(join(directory, 'ssh'), 0o755);
}

async function freePort(): Promise<number> {
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
