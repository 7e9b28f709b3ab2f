import { createHash } from 'node:crypto';
import { renameSync, rmSync, statSync } from 'node:fs';
import type { BigIntStats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileError, runtimeDirectory, sharedDirectory } from '@image-api/host';
import { callKeeper } from './keeper-line.ts';

/** A directory without a listener that is younger is one that a keeper is just about to listen in. */
const youngMs = 60_000;

/** Of the directories of all keepers, in the user's runtime directory. */
export const keeperParent = 'stream';

/**
 * The private directory of the keeper of a staging file: the same for every try of a copy, so that its address stays the same too. It goes
 * by the file and not by its name, which may be another file's once this one is published and still in use. Not made.
 *
 * @throws ImageError `BAD_OPTION` when there is no place for private directories
 */
export function keeperDirectory(to: string): string {
  const { dev, ino } = statOf(to);
  return join(runtimeDirectory(), keeperParent, createHash('sha256').update(`${dev}:${ino}`).digest('hex').slice(0, 16));
}

function statOf(to: string): BigIntStats {
  try {
    return statSync(to, { bigint: true });
  } catch (error) {
    const errno = (error as NodeJS.ErrnoException).code;
    throw fileError({ side: 'destination', host: 'local', path: to, action: 'write to', errno });
  }
}

/**
 * Make it, with nothing in it.
 *
 * @throws ImageError `BAD_OPTION` when it is not really ours
 */
export function makeKeeperDirectory(to: string): string {
  const directory = keeperDirectory(to);
  removeKeeperDirectory(directory);
  return sharedDirectory(`${keeperParent}/${basename(directory)}`);
}

/** Remove it at once and as a whole, because the next keeper may be about to make it. */
export function removeKeeperDirectory(directory: string): void {
  const gone = `${directory}.${process.pid}`;
  try {
    renameSync(directory, gone);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  rmSync(gone, { recursive: true, force: true });
}

/** The sockets in it. */
export function keeperSockets(directory: string): { readonly control: string; readonly disk: string } {
  return { control: join(directory, 'control'), disk: join(directory, 'disk') };
}

/** Remove what keepers left that were killed. */
export async function sweepKeepers(): Promise<void> {
  const all = sharedDirectory(keeperParent);
  for (const name of await readdir(all)) {
    const directory = join(all, name);
    if (await isAbandoned(directory)) removeKeeperDirectory(directory);
  }
}

async function isAbandoned(directory: string): Promise<boolean> {
  const line = await callKeeper(keeperSockets(directory).control);
  line?.destroy();
  if (line) return false;
  const found = await stat(directory).catch(() => undefined);
  return found !== undefined && Date.now() - found.mtimeMs > youngMs;
}
