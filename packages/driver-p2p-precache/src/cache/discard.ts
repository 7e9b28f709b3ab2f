import { randomBytes } from 'node:crypto';
import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ifThere } from '@image-api/host';
import { inCache } from './in-cache.ts';

/** Take a directory of the cache away: all of it at once for everybody who looks, whatever happens while it is removed. */
export function discard(directory: string, trash: string): Promise<void> {
  return inCache('remove', directory, async () => {
    const doomed = join(trash, randomBytes(8).toString('hex'));
    await ifThere(() => rename(directory, doomed));
    await rm(doomed, { recursive: true, force: true });
  });
}

/** Finish what a process that was killed did not. */
export async function emptyTrash(trash: string): Promise<void> {
  const names = (await ifThere(() => readdir(trash))) ?? [];
  await Promise.all(names.map((name) => inCache('remove', trash, () => rm(join(trash, name), { recursive: true, force: true }))));
}
