import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const program = '/usr/sbin/sshd';

/** Why there can be no ssh server here; `undefined` when there can. In CI it has to be there. */
export const whyNoSshd: string | undefined = existsSync(program) || process.env['CI'] ? undefined : 'sshd is not installed';

/** What a server answers with when sftp is asked for; `none` for a server that has no such thing. */
export type Sftp = 'internal-sftp' | 'none' | (string & {});

/** Real ssh servers on the loopback interface, one configuration for all who go there. */
export class SshServers {
  readonly directory: string;
  readonly #stops: (() => Promise<void>)[] = [];

  private constructor(directory: string) {
    this.directory = directory;
  }

  static async make(): Promise<SshServers> {
    const directory = await mkdtemp(join(tmpdir(), 'driver-scp-sshd-'));
    for (const name of ['host', 'user']) execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(directory, name)]);
    // Under root the unprivileged half of a server lives there.
    if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true });
    const servers = new SshServers(directory);
    await writeFile(join(directory, 'known_hosts'), '');
    await writeFile(servers.configFile, '');
    return servers;
  }

  /** Names, ports, keys: for `ssh -F`. */
  get configFile(): string {
    return join(this.directory, 'ssh_config');
  }

  /** Start a server that the configuration calls `name`; lines in `settings` are of `sshd_config`. */
  async start(name: string, sftp: Sftp, settings: readonly string[] = []): Promise<void> {
    const port = await freePort();
    const config = join(this.directory, `${name}.sshd_config`);
    await writeFile(config, serverConfig(this.directory, port, sftp, settings));
    // Should the test die, the kernel takes the server along.
    const server = spawn('setpriv', ['--pdeathsig', 'KILL', '--', program, '-D', '-e', '-f', config], { stdio: 'ignore' });
    const ended = once(server, 'exit');
    this.#stops.push(async () => {
      server.kill();
      await ended;
    });
    while (!(await answers(port))) {
      if (server.exitCode !== null) throw new Error(`sshd does not start from ${await readFile(config, 'utf8')}`);
      await sleep(20);
    }
    await appendFile(
      join(this.directory, 'known_hosts'),
      `[127.0.0.1]:${port} ${await readFile(join(this.directory, 'host.pub'), 'utf8')}`,
    );
    await appendFile(this.configFile, clientConfig(this.directory, name, port));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#stops.map((stop) => stop()));
    await rm(this.directory, { recursive: true, force: true });
  }
}

function serverConfig(directory: string, port: number, sftp: Sftp, settings: readonly string[]): string {
  return [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${join(directory, 'host')}`,
    `AuthorizedKeysFile ${join(directory, 'user.pub')}`,
    'StrictModes no',
    'PasswordAuthentication no',
    'UsePAM no',
    'PidFile none',
    'MaxStartups 100',
    'MaxSessions 100',
    ...(sftp === 'none' ? [] : [`Subsystem sftp ${sftp}`]),
    ...settings,
    '',
  ].join('\n');
}

function clientConfig(directory: string, name: string, port: number): string {
  return [
    `Host ${name}`,
    '  HostName 127.0.0.1',
    `  Port ${port}`,
    `  User ${userInfo().username}`,
    `  IdentityFile ${join(directory, 'user')}`,
    '  IdentitiesOnly yes',
    `  UserKnownHostsFile ${join(directory, 'known_hosts')}`,
    '  GlobalKnownHostsFile /dev/null',
    '',
  ].join('\n');
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  return once(socket, 'connect')
    .then(
      () => true,
      () => false,
    )
    .finally(() => socket.destroy());
}
