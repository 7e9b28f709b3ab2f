import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import type { Host } from '@image-api/driver';
import { attempt } from './attempt.ts';
import { contentDigestLocally } from './content-digest.ts';
import { digestLocally } from './digest-locally.ts';
import { ifThere } from './if-there.ts';
import { readLocally } from './read-locally.ts';
import { renameNewLocally } from './rename-new-locally.ts';
import { statLocally } from './stat-locally.ts';

/** The part of `Host` that is about files. */
export type HostFiles = Pick<
  Host,
  'stat' | 'realPath' | 'access' | 'read' | 'digest' | 'contentDigest' | 'renameNew' | 'renameOver' | 'remove' | 'setMode' | 'sync'
>;

/** Files of this machine. */
export function localFiles(ours: NodeJS.ProcessEnv): HostFiles {
  return {
    stat: (path, options) => attempt('source', 'look at', path, () => statLocally(path, options?.follow ?? false)),
    realPath: (path) => attempt('source', 'find', path, () => fs.realpath(path)),
    access: (path, mode) =>
      fs.access(path, mode === 'read' ? constants.R_OK : constants.W_OK).then(
        () => true,
        () => false,
      ),
    read: (path, ranges) => attempt('source', 'read', path, () => readLocally(path, ranges)),
    digest: (path, options) => attempt('source', 'read', path, () => digestLocally(path, ours, options)),
    contentDigest: (path, options) => attempt('source', 'read', path, () => contentDigestLocally(path, ours, options)),
    renameNew: (from, to) => attempt('destination', 'create', to, () => renameNewLocally(from, to)),
    renameOver: (from, to) => attempt('destination', 'replace', to, () => fs.rename(from, to)),
    remove: (path) => attempt('destination', 'remove', path, () => ifThere(() => fs.unlink(path)).then(() => undefined)),
    setMode: (path, mode, owner) => attempt('destination', 'change the mode of', path, () => setModeLocally(path, mode, owner)),
    sync: (path) => attempt('destination', 'write to disk', path, () => syncLocally(path)),
  };
}

/** The owner first, because changing it takes bits of the mode away. Giving a file to another takes a privilege. */
async function setModeLocally(
  path: string,
  mode: number,
  owner: { readonly uid: number; readonly gid: number } | undefined,
): Promise<void> {
  if (owner) {
    await fs.chown(path, owner.uid, owner.gid).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPERM') throw error;
    });
  }
  await fs.chmod(path, mode);
}

async function syncLocally(path: string): Promise<void> {
  const file = await fs.open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    await file.sync();
  } catch (error) {
    // Some network filesystems cannot sync a directory; there its names are safe, or nothing can be done.
    if ((error as NodeJS.ErrnoException).code !== 'EINVAL' || !(await file.stat()).isDirectory()) throw error;
  } finally {
    await file.close();
  }
}
