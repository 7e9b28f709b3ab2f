import { lstatSync } from 'node:fs';
import { isImageError } from '@image-api/driver';
import type { Stage } from '../stage.ts';
import type { Rule } from './breach.ts';
import { changesBetween, pictureBeside } from './folder-picture.ts';
import type { FolderPicture } from './folder-picture.ts';

/** What can be seen of a copy from outside. */
export interface Evidence {
  /** What is beside `to`, and what is where the source is. */
  readonly beside: FolderPicture;
  readonly source: FolderPicture;
  /** Absent when nothing is at `to`. */
  readonly to?: { readonly inode: bigint; readonly version: string };
}

/** Look at both ends behind the driver's back. */
export function gatherEvidence({ files }: Stage): Evidence {
  const to = stateOf(files.to);
  return { beside: pictureBeside(files.to, files.to), source: pictureBeside(files.from), ...(to && { to }) };
}

/** What a copy did that none may do. Pure. */
export function judgeEvidence(before: Evidence, after: Evidence, error: unknown): [Rule, string][] {
  const breaches: [Rule, string][] = [];
  for (const change of changesBetween(before.beside, after.beside)) breaches.push(['nothing beside `to` is made or changed', change]);
  for (const change of changesBetween(before.source, after.source)) breaches.push(['the source stays as it was', change]);
  if (before.to && after.to?.inode !== before.to.inode) {
    breaches.push(['`to` stays the file it was', after.to ? 'another file has its name now' : 'it is gone']);
  }
  const written = after.to?.version !== before.to?.version;
  if (written && isImageError(error) && error.untouched)
    breaches.push(['`untouched` is true', `to was written, and then: ${error.message}`]);
  return breaches;
}

function stateOf(path: string): Evidence['to'] {
  try {
    const { ino, size, blocks, mtimeNs } = lstatSync(path, { bigint: true });
    return { inode: ino, version: [size, blocks, mtimeNs].join(' ') };
  } catch {
    return undefined;
  }
}
