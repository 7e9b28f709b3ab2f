import { posix } from 'node:path';
import { isImageError } from '@image-api/driver';
import type { Host } from '@image-api/driver';
import type { Ends } from './cp-args.ts';

/** Can these two files share blocks? `maybe`: nobody can be asked, and cp does not tell what it did. */
export type CloneChance = 'yes' | 'maybe' | 'no';

/**
 * Judge from the filesystem both files are on. btrfs always can; xfs can unless it was made without `reflink`, which is asked of it
 * where its tools are installed. On any other, cp is left to try: it costs one failed call.
 */
export async function cloneChance(ends: Ends, host: Host, signal: AbortSignal): Promise<CloneChance> {
  const filesystem = sharedFilesystem(ends);
  if (filesystem === 'btrfs') return 'yes';
  return filesystem === 'xfs' ? askXfs(host, posix.dirname(ends.to.path), signal) : 'no';
}

function sharedFilesystem({ from, to }: Ends): string | undefined {
  const files = from.facts.kind === 'file' && to.facts.kind !== 'block';
  return files && from.facts.device !== undefined && from.facts.device === to.facts.device ? to.facts.filesystem : undefined;
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
