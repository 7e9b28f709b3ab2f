import { open } from 'node:fs/promises';
import type { LabHost } from './lab-host.ts';

/**
 * A new filesystem of the given kind, in a file, mounted at `/srv/<name>` of a host. It goes with the lab: the loop device lets go
 * of itself when the host's mounts are gone.
 *
 * @param name default: the kind
 * @param options as `mount -o` takes them
 */
export async function mountFilesystem(
  host: LabHost,
  kind: 'ext4' | 'xfs' | 'btrfs',
  mebibytes: number,
  name: string = kind,
  options: readonly string[] = [],
): Promise<string> {
  const [image, mountPoint] = [`/srv/${name}.fs`, `/srv/${name}`];
  const file = await open(host.outside(image), 'wx');
  await file.truncate(mebibytes * 1024 * 1024);
  await file.close();
  // All of it is for everybody: nothing is kept back for root.
  await host.run([`mkfs.${kind}`, ...(kind === 'ext4' ? ['-q', '-F', '-m', '0'] : ['-q']), image]);
  await host.run(['mkdir', mountPoint]);
  await host.run(['mount', '-o', ['loop', ...options].join(','), image, mountPoint]);
  return mountPoint;
}
