import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHosts } from '../src/index.ts';
import type { Hosts } from '../src/index.ts';
import { startSshd } from './real-sshd.ts';
import type { RealSshd } from './real-sshd.ts';

/** This machine, as itself and as a host over ssh, and a directory that both see. */
export interface SshSite {
  readonly directory: string;
  readonly sshd: RealSshd;
  readonly hosts: Hosts;
  /** Nothing of it is left then. */
  close(): Promise<void>;
}

/** @param prefix of the directory's name */
export async function openSshSite(prefix: string): Promise<SshSite> {
  const directory = await mkdtemp(join(tmpdir(), prefix));
  const sshd = await startSshd();
  const hosts = createHosts({ ssh: { configFile: sshd.configFile } });
  const close = async (): Promise<void> => {
    await hosts.close();
    await sshd.stop();
    await rm(directory, { recursive: true, force: true });
  };
  return { directory, sshd, hosts, close };
}
