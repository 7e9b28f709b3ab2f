import { open } from 'node:fs/promises';
import type { LabHost } from './lab-host.ts';

/**
 * A new filesystem of the given kind, in a file, mounted at `/srv/<kind>` of a host. It goes with the lab: the loop device lets go
 * of itself when the host's mounts are gone.
 */
export async function mountFilesystem(host: LabHost, kind: 'ext4' | 'xfs' | 'btrfs', mebibytes: number): Promise<string> {
  const [image, mountPoint] = [`/srv/${kind}.fs`, `/srv/${kind}`];
  const file = await open(host.outside(image), 'wx');
  await file.truncate(mebibytes * 1024 * 1024);
  await file.close();
  await host.run([`mkfs.${kind}`, ...(kind === 'ext4' ? ['-q', '-F'] : ['-q']), image]);
  await host.run(['mkdir', mountPoint]);
  await host.run(['mount', '-o', 'loop', image, mountPoint]);
  return mountPoint;
}
