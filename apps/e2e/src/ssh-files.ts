import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** A host as ssh knows it. */
export interface SshParty {
  readonly name: string;
  readonly address: string;
  /** Hosts whose key opens this one. */
  readonly admits: readonly string[];
  readonly sftp: boolean;
}

const run = promisify(execFile);

/**
 * Fill one directory per host with what becomes its `/etc/ssh`: a host key and an identity of its own, who may log in, and a client
 * configuration in which every host of the lab has a name. Answers the directories by host name.
 *
 * The client configuration has three more names for the first far host, for what can go wrong: `refused` (with a key nobody
 * admits), `stranger` (with a host key nobody knows) and `impostor` (with another host key than the known one).
 */
export async function writeSshFiles(lab: string, parties: readonly SshParty[]): Promise<ReadonlyMap<string, string>> {
  const directories = new Map(parties.map(({ name }) => [name, join(lab, name)]));
  await Promise.all([...directories.values()].map(makeKeys));
  const read = (name: string, file: string): Promise<string> => readFile(join(directories.get(name)!, file), 'utf8');
  const hostKeys = await Promise.all(parties.map(async ({ name }) => ({ name, key: await read(name, 'host_key.pub') })));
  const knownHosts = [...hostKeys, { name: 'impostor', key: await read('here', 'stray_key.pub') }]
    .map(({ name, key }) => `${name} ${key}`)
    .join('');
  const hosts = ['127.0.0.1 localhost', ...parties.map(({ name, address }) => `${address} ${name}`), ''].join('\n');

  for (const party of parties) {
    const directory = directories.get(party.name)!;
    const admitted = await Promise.all(party.admits.map((name) => read(name, 'identity.pub')));
    const files = {
      sshd_config: serverConfig(party),
      // `here` names its configuration explicitly, the others use the system's, as people do.
      [party.name === 'here' ? 'lab.conf' : 'ssh_config']: clientConfig(parties),
      known_hosts: knownHosts,
      authorized_keys: admitted.join(''),
      hosts,
    };
    await Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(directory, name), text, { mode: 0o600 })));
  }
  return directories;
}

async function makeKeys(directory: string): Promise<void> {
  await mkdir(directory, { mode: 0o755 });
  for (const name of ['host_key', 'identity', 'stray_key'])
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', join(directory, name)]);
}

function serverConfig({ address, sftp }: SshParty): string {
  return [
    `ListenAddress ${address}`,
    'HostKey /etc/ssh/host_key',
    'AuthorizedKeysFile /etc/ssh/authorized_keys',
    'PasswordAuthentication no',
    'PidFile none',
    'PrintMotd no',
    ...(sftp ? ['Subsystem sftp internal-sftp'] : []),
    '',
  ].join('\n');
}

function clientConfig(parties: readonly SshParty[]): string {
  const first = parties.find(({ name }) => name !== 'here') ?? { name: 'here', address: '127.0.0.1' };
  return [
    ...parties.map(({ name, address }) => clientEntry(name, address, name)),
    `${clientEntry('refused', first.address, first.name)}\n  IdentityFile /etc/ssh/stray_key`,
    clientEntry('stranger', first.address, 'stranger'),
    clientEntry('impostor', first.address, 'impostor'),
    'Host * !refused\n  IdentityFile /etc/ssh/identity',
    'Host *',
    '  User root',
    '  IdentitiesOnly yes',
    '  UserKnownHostsFile /etc/ssh/known_hosts',
    '  GlobalKnownHostsFile none',
    '  ConnectTimeout 5',
    '',
  ].join('\n');
}

function clientEntry(name: string, address: string, hostKeyAlias: string): string {
  return `Host ${name}\n  HostName ${address}\n  HostKeyAlias ${hostKeyAlias}`;
}
