import { constants } from 'node:fs';
import { mkdir, open, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Manifest } from '../../manifest/manifest.ts';
import { inCache } from '../../cache/in-cache.ts';

/** Lets an engine find, under the name that the torrent has for it, the file that an image is in. */
export interface FilePlace {
  /** Answers the directory in which the file has that name. Where there is none it is made: sparse, of the full size. */
  link(manifest: Manifest, path: string): Promise<string>;
  /** The file has another name now. */
  move(manifest: Manifest, path: string): Promise<void>;
  /** The file stays. */
  unlink(infohash: string): Promise<void>;
}

/** On this machine. @param directory private, for nothing else */
export function localPlace(directory: string): FilePlace {
  return {
    async link(manifest, path) {
      await makeSparse(path, manifest.size);
      return pointAt(directory, manifest, path);
    },
    move: async (manifest, path) => void (await pointAt(directory, manifest, path)),
    unlink: (infohash) => inCache('remove', directory, () => rm(join(directory, infohash), { recursive: true, force: true })),
  };
}

/** At once for an engine that is just about to open it. */
async function pointAt(directory: string, { sha256, infohash }: Manifest, path: string): Promise<string> {
  const folder = join(directory, infohash);
  await inCache('create', folder, async () => {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const beside = join(folder, `${sha256}.new`);
    await rm(beside, { force: true });
    await symlink(path, beside);
    await rename(beside, join(folder, sha256));
  });
  return folder;
}

/** What is there stays as it is: an engine that hands it out only reads it. */
function makeSparse(path: string, size: number): Promise<void> {
  return inCache('create', path, async () => {
    const file = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600).catch(readOnly(path));
    try {
      if ((await file.stat()).size < size) await file.truncate(size);
    } finally {
      await file.close();
    }
  });
}

function readOnly(path: string): (error: unknown) => ReturnType<typeof open> {
  return (error) => {
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error;
    return open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  };
}
