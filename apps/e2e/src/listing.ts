import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { LabHost } from './lab-host.ts';
import { sha256 } from './image-files.ts';

/** Everything below a directory: path to what is there, told by kind, inode and content. Two equal listings: nothing happened. */
export type Listing = Readonly<Record<string, string>>;

/** `oneDevice`: what is mounted further down is left out. */
export async function listing(host: LabHost, directory: string, { oneDevice = false } = {}): Promise<Listing> {
  const root = host.outside(directory);
  const device = oneDevice ? (await lstat(root)).dev : undefined;
  const paths = await pathsBelow(root, '', device);
  const entries = await Promise.all(
    paths.toSorted().map(async (path) => [path, await describeEntry(join(root, path)).catch(ifGone)] as const),
  );
  return Object.fromEntries(entries);
}

async function pathsBelow(root: string, path: string, device: number | undefined): Promise<readonly string[]> {
  const entries = await readdir(join(root, path), { withFileTypes: true });
  const below = entries.map(async (entry) => {
    const name = join(path, entry.name);
    if (!entry.isDirectory()) return [name];
    if (device !== undefined && (await lstat(join(root, name))).dev !== device) return [];
    return [name, ...(await pathsBelow(root, name, device))];
  });
  return (await Promise.all(below)).flat();
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
