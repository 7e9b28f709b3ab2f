import { lstat, mkdir } from 'node:fs/promises';
import { ImageError } from '@image-api/driver';
import { inCache } from './in-cache.ts';
import { foldersOf } from './places.ts';
import type { Places } from './places.ts';

/**
 * Make the directories of a cache that are not there. Others may not read what is below, whatever the directory itself lets them.
 *
 * @throws ImageError BAD_OPTION when the directory is not to be trusted
 */
export async function makeDirectory(places: Places): Promise<void> {
  const { directory } = places;
  await inCache('create', directory, () => mkdir(directory, { recursive: true, mode: 0o700 }));
  const why = await flawOf(directory);
  if (why !== undefined) throw untrusted(directory, why);
  await Promise.all(foldersOf(places).map((folder) => inCache('create', folder, () => mkdir(folder, { recursive: true, mode: 0o700 }))));
}

/** Why nothing in a directory is to be trusted; `undefined` when it is, or is not there. */
export async function flawOf(directory: string): Promise<string | undefined> {
  const found = await lstat(directory).catch(() => undefined);
  if (!found) return undefined;
  if (!found.isDirectory()) return 'is not a directory';
  if (found.uid !== process.getuid?.()) return 'belongs to somebody else';
  return found.mode & 0o022 ? 'can be written by others' : undefined;
}

function untrusted(directory: string, why: string): ImageError {
  return new ImageError(`nothing can be cached: ${directory} ${why}; name a directory of your own with mode 700 as cacheDir`, {
    code: 'BAD_OPTION',
    origin: 'caller',
    driver: 'p2p-precache',
    untouched: true,
    details: { directory },
  });
}
