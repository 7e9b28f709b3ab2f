import { open } from 'node:fs/promises';
import type { LabHost } from './lab-host.ts';

export interface FilesystemOptions {
  /** As `mount -o` takes them. */
  readonly mount?: readonly string[];
  /** Of ext4. Default true. */
  readonly journal?: boolean;
}

/**
 * A new filesystem of the given kind, in a file, mounted at `/srv/<name>` of a host. It goes with the lab: the loop device lets go
 * of itself when the host's mounts are gone.
 *
 * @param name default: the kind
 */
export async function mountFilesystem(
  host: LabHost,
  kind: 'ext4' | 'xfs' | 'btrfs',
  mebibytes: number,
  name: string = kind,
  { mount = [], journal = true }: FilesystemOptions = {},
): Promise<string> {
  const [image, mountPoint] = [`/srv/${name}.fs`, `/srv/${name}`];
  const file = await open(host.outside(image), 'wx');
  await file.truncate(mebibytes * 1024 * 1024);
  await file.close();
  // All of an ext4 is for everybody: nothing is kept back for root.
  const words = kind === 'ext4' ? ['-q', '-F', '-m', '0', ...(journal ? [] : ['-O', '^has_journal'])] : ['-q'];
  await host.run([`mkfs.${kind}`, ...words, image]);
  await host.run(['mkdir', mountPoint]);
  await host.run(['mount', '-o', ['loop', ...mount].join(','), image, mountPoint]);
  return mountPoint;
}
