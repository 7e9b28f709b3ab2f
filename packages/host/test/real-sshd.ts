import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A real ssh server of a test's own, on the loopback interface. */
export interface RealSshd {
  /** For `createHosts({ ssh: { configFile } })`. */
  readonly configFile: string;
  /** The host's name in that file. */
  readonly alias: string;
  readonly user: string;
  readonly port: number;
  /** The temporary directory with keys and configuration; removed by `stop()`. */
  readonly directory: string;
  readonly knownHosts: string;
  /** Of the process that listens. */
  readonly pid: number;
  /** Connections that are open. */
  sessions(): number;
  /** Kill every session, as if the network were gone; the server goes on. */
  cutSessions(): void;
  /** Have no session answer any more, as if the network were dead, until it is thawed. */
  freezeSessions(frozen: boolean): void;
  stop(): Promise<void>;
}

export interface RealSshdOptions {
  /** Lines for `sshd_config`, before ours: the first of a kind counts. */
  readonly config?: readonly string[];
  /** Variables of every session, such as a `PATH` that hides tools. */
  readonly environment?: Readonly<Record<string, string>>;
}

const program = ['/usr/sbin/sshd', '/usr/local/sbin/sshd', '/usr/bin/sshd'].find((path) => existsSync(path));

/** Why no test here can have an sshd; `undefined` when it can. In CI it must be there, so nothing is skipped. */
export const sshdMissing: string | undefined = program === undefined && !process.env['CI'] ? 'sshd is not installed' : undefined;

/** Start one. Works as root and as an ordinary user. */
export async function startSshd(options: RealSshdOptions = {}): Promise<RealSshd> {
  if (program === undefined) throw new Error('sshd is not installed: apt-get install openssh-server');
  const directory = await mkdtemp(join(tmpdir(), 'image-api-sshd-'));
  const user = userInfo().username;
  const alias = 'box';
  const port = await freePort();
  await makeKeys(directory);
  await writeFile(join(directory, 'sshd_config'), serverConfig(directory, port, options));
  await writeFile(join(directory, 'known_hosts'), `[127.0.0.1]:${port} ${await readFile(join(directory, 'host_key.pub'), 'utf8')}`);
  await writeFile(join(directory, 'ssh_config'), clientConfig(directory, { alias, user, port }));
  const server = await startServer(directory);
  return {
    configFile: join(directory, 'ssh_config'),
    alias,
    user,
    port,
    directory,
    knownHosts: join(directory, 'known_hosts'),
    pid: server.pid ?? 0,
    sessions: () => childrenOf(server.pid).filter(isSshd).length,
    cutSessions: () => childrenOf(server.pid).forEach((pid) => signalTree(pid, 'SIGKILL')),
    freezeSessions: (frozen) => childrenOf(server.pid).forEach((pid) => signalTree(pid, frozen ? 'SIGSTOP' : 'SIGCONT')),
    stop: async () => {
      childrenOf(server.pid).forEach((pid) => signalTree(pid, 'SIGKILL'));
      if (server.kill('SIGKILL')) await once(server, 'exit');
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function makeKeys(directory: string): Promise<void> {
  for (const name of ['host_key', 'user_key']) {
    const made = spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', join(directory, name)], { encoding: 'utf8' });
    if (made.status !== 0) throw new Error(`ssh-keygen: ${made.stderr}`);
  }
  await writeFile(join(directory, 'authorized_keys'), await readFile(join(directory, 'user_key.pub')));
}

function serverConfig(directory: string, port: number, { config = [], environment }: RealSshdOptions): string {
  // Sessions are spared the start-up files of whoever runs the tests.
  const variables = Object.entries({ HOME: directory, ...environment });
  return [
    ...config,
    `SetEnv ${variables.map(([name, value]) => `${name}=${value}`).join(' ')}`,
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${join(directory, 'host_key')}`,
    `AuthorizedKeysFile ${join(directory, 'authorized_keys')}`,
    'StrictModes no',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'UsePAM no',
    'PermitRootLogin yes',
    'PidFile none',
    'MaxStartups 100',
    ...(config.some((line) => line.startsWith('Subsystem')) ? [] : ['Subsystem sftp internal-sftp']),
    '',
  ].join('\n');
}

function clientConfig(directory: string, { alias, user, port }: { alias: string; user: string; port: number }): string {
  const knownHosts = join(directory, 'known_hosts');
  return [
    `Host ${alias}`,
    '  HostName 127.0.0.1',
    `  Port ${port}`,
    `  User ${user}`,
    'Host *',
    `  IdentityFile ${join(directory, 'user_key')}`,
    '  IdentitiesOnly yes',
    '  IdentityAgent none',
    `  UserKnownHostsFile ${knownHosts}`,
    '  GlobalKnownHostsFile /dev/null',
    '',
  ].join('\n');
}

async function startServer(directory: string): Promise<ChildProcess> {
  // The unprivileged part of a server that runs as root lives in this directory.
  if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true, mode: 0o755 });
  const words = [program ?? 'sshd', '-D', '-e', '-f', join(directory, 'sshd_config')];
  // Should the test die, the kernel takes the server along.
  const server = spawn('setpriv', ['--pdeathsig', 'KILL', '--', ...words], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  server.stderr.on('data', (piece) => (said += String(piece)));
  for (let tries = 0; !said.includes('Server listening on'); tries++) {
    if (server.exitCode !== null || tries > 500) throw new Error(`sshd does not start: ${said}`);
    await sleep(10);
  }
  return server;
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

function childrenOf(pid: number | undefined): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** Only sshd's own processes: what it started for a user must find its end by itself. */
function signalTree(pid: number, signal: NodeJS.Signals): void {
  if (!isSshd(pid)) return;
  for (const child of childrenOf(pid)) signalTree(child, signal);
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended meanwhile.
  }
}

function isSshd(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('sshd');
  } catch {
    return false;
  }
}
