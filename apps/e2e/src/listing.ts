import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { LabHost } from './lab-host.ts';
import { sha256 } from './image-files.ts';

/** Everything below a directory: path to what is there, told by kind, inode and content. Two equal listings: nothing happened. */
export type Listing = Readonly<Record<string, string>>;

export async function listing(host: LabHost, directory: string): Promise<Listing> {
  const root = host.outside(directory);
  const paths = await readdir(root, { recursive: true });
  const entries = await Promise.all(
    paths.toSorted().map(async (path) => [path, await describeEntry(join(root, path)).catch(ifGone)] as const),
  );
  return Object.fromEntries(entries);
}

async function describeEntry(path: string): Promise<string> {
  const stat = await lstat(path);
  const mode = (stat.mode & 0o7777).toString(8);
  if (stat.isDirectory()) return `directory ${mode}`;
  if (stat.isSymbolicLink()) return `link to ${await readlink(path)}`;
  if (!stat.isFile()) return `special ${mode}`;
  return `file ${mode} inode ${stat.ino} of ${stat.size} bytes ${await sha256(path)}`;
}

/** What is removed while it is being looked at is not there. */
function ifGone(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return 'gone';
  throw error;
}
