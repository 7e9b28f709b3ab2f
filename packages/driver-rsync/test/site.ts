import type { Host } from '@image-api/driver';
import { createHosts } from '@image-api/host';
import { sshdMissing, startSshd } from '../../host/test/real-sshd.ts';
import type { RealSshd } from '../../host/test/real-sshd.ts';
import { createLab } from './lab.ts';
import type { Lab } from './lab.ts';

/** A lab, this machine, and one reached over ssh. */
export interface Site {
  readonly lab: Lab;
  readonly local: Host;
  /** Only to be asked where `sshdMissing` is undefined. */
  readonly box: Host;
  readonly sshd: RealSshd | undefined;
  close(): Promise<void>;
}

export async function openSite(): Promise<Site> {
  const sshd = sshdMissing === undefined ? await startSshd() : undefined;
  const hosts = createHosts(sshd ? { ssh: { configFile: sshd.configFile } } : {});
  const lab = await createLab(hosts.local);
  const close = async (): Promise<void> => {
    await hosts.close();
    await sshd?.stop();
    await lab.remove();
  };
  return { lab, local: hosts.local, box: sshd ? hosts.ssh({ host: sshd.alias }) : hosts.local, sshd, close };
}
