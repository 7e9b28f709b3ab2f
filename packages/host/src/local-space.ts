import { readFile, stat, statfs } from 'node:fs/promises';
import type { Host } from '@image-api/driver';

/** `statfs(2)`: those whose free blocks are counted in the size Node tells, and how they are named. */
const named: ReadonlyMap<number, string> = new Map([
  [0x9123683e, 'btrfs'],
  [0x58465342, 'xfs'],
  [0x01021994, 'tmpfs'],
]);
const anyExt = 0xef53;

/**
 * `Host.space` of this machine without starting a program, where the filesystem is one of the usual; of any other, and where anything
 * fails, `otherwise` is asked.
 */
export function localSpace(otherwise: Host['space']): Host['space'] {
  return async (directory) => (await usualSpace(directory).catch(() => undefined)) ?? otherwise(directory);
}

async function usualSpace(directory: string): Promise<{ free: number; filesystem: string } | undefined> {
  const { type, bavail, bsize, blocks } = await statfs(directory);
  const filesystem = type === anyExt ? await extName(directory) : named.get(type);
  return filesystem === undefined || blocks === 0 ? undefined : { free: bavail * bsize, filesystem };
}

/** ext2 to ext4 share a number; the list of mounts tells them apart. */
async function extName(directory: string): Promise<string | undefined> {
  const [{ dev }, mounts] = await Promise.all([stat(directory, { bigint: true }), readFile('/proc/self/mountinfo', 'utf8')]);
  return filesystemIn(mounts, dev);
}

/** The kind of the filesystem on a device, from the text of `/proc/self/mountinfo`. Pure. */
export function filesystemIn(mounts: string, device: bigint): string | undefined {
  const wanted = deviceName(device);
  for (const line of mounts.split('\n')) {
    const [mount = '', source = ''] = line.split(' - ');
    if (mount.split(' ')[2] === wanted) return source.split(' ')[0];
  }
  return undefined;
}

/** As the kernel packs major and minor numbers for programs. */
function deviceName(device: bigint): string {
  const major = ((device >> 8n) & 0xfffn) | ((device >> 32n) & 0xfffff000n);
  const minor = (device & 0xffn) | ((device >> 12n) & 0xffffff00n);
  return `${major}:${minor}`;
}
