import { posix } from 'node:path';
import { isImageError } from '@image-api/driver';
import type { Host, KnownEndpoint } from '@image-api/driver';

/** Two files of one machine. */
export interface CloneEnds {
  readonly from: Pick<KnownEndpoint, 'facts'>;
  readonly to: Pick<KnownEndpoint, 'facts' | 'path'>;
}

/** Can these two files share blocks? `maybe`: nobody can be asked, it is found out by trying. */
export type CloneChance = 'yes' | 'maybe' | 'no';

/** Filesystems that cannot. */
const never: ReadonlySet<string> = new Set(['ext2', 'ext3', 'ext4', 'tmpfs', 'ramfs', 'vfat', 'exfat', 'f2fs']);

/**
 * Judge from the filesystems the files are on. btrfs always can; xfs can unless it was made without `reflink`, which is asked of it where
 * its tools are installed. To try on any other costs one call that fails.
 */
export async function cloneChance({ from, to }: CloneEnds, host: Host, signal: AbortSignal): Promise<CloneChance> {
  const { filesystem } = to.facts;
  if (from.facts.kind !== 'file' || to.facts.kind === 'block' || filesystem === undefined || never.has(filesystem)) return 'no';
  // The parts of a btrfs have numbers of their own, and yet share blocks; not everybody can name what they are part of.
  if (from.facts.device !== to.facts.device) return filesystem === 'btrfs' || filesystem === '-' ? 'maybe' : 'no';
  if (filesystem === 'btrfs') return 'yes';
  return filesystem === 'xfs' ? askXfs(host, posix.dirname(to.path), signal) : 'maybe';
}

async function askXfs(host: Host, directory: string, signal: AbortSignal): Promise<CloneChance> {
  try {
    const run = { signal, deadlineMs: 2000 };
    const mounted = await host.run('stat', ['--format=%m', '--', directory], run);
    const { stdout } = await host.run('xfs_info', [mounted.stdout.replace(/\n$/, '')], run);
    return chanceFromXfsInfo(stdout);
  } catch (error) {
    if (isImageError(error) && error.code !== 'CANCELLED') return 'maybe';
    throw error;
  }
}

/** What `xfs_info` says of sharing blocks. */
export function chanceFromXfsInfo(text: string): CloneChance {
  const found = /\breflink=([01])\b/.exec(text)?.[1];
  return found === undefined ? 'maybe' : found === '1' ? 'yes' : 'no';
}
