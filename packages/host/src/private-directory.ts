import { lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ImageError } from '@image-api/driver';
import { atExit } from './at-exit.ts';
import { fateOfMarked, processMark } from './process-mark.ts';

/** The socket's name is 40 characters, while it is made 17 more, and the kernel takes 107 in all. */
const longest = 107 - 17 - 40 - 1;

/**
 * Make a private directory of this process for sockets and other small things, and remove those that dead processes left behind.
 *
 * It is in the runtime directory.
 *
 * @throws ImageError `BAD_OPTION` when there is none
 */
export function createPrivateDirectory(ours: NodeJS.ProcessEnv = process.env): { readonly path: string; remove(): void } {
  const parent = runtimeDirectory(ours);
  for (const entry of readdirSync(parent))
    if (fateOfMarked(entry) === 'gone') rmSync(join(parent, entry), { recursive: true, force: true });
  const path = mkdtempSync(join(parent, processMark()));
  const clear = (): void => rmSync(path, { recursive: true, force: true });
  const forget = atExit(clear);
  return {
    path,
    remove: () => {
      clear();
      forget();
    },
  };
}

/**
 * A directory of that name in the runtime directory, for what all processes of this user share. Made if it is not there.
 *
 * @param path one name, or several with slashes between
 * @throws ImageError `BAD_OPTION` when it is not really ours, or there is none
 */
export function sharedDirectory(path: string, parent: string = runtimeDirectory()): string {
  return path.split('/').reduce((above, name) => {
    const directory = join(above, name);
    const why = flawOfOwn(directory, process.getuid?.() ?? 0);
    if (why) throw untrusted(directory, why);
    return directory;
  }, parent);
}

/**
 * Where this user's private directories are: below `$XDG_RUNTIME_DIR`, else `/run/user/<uid>`, else `/tmp/image-api-<uid>`, whichever is
 * the first that is really ours. Made if it is not there.
 *
 * @throws ImageError `BAD_OPTION` when none is
 */
export function runtimeDirectory(ours: NodeJS.ProcessEnv = process.env): string {
  return chooseParent(ours['XDG_RUNTIME_DIR'], process.getuid?.() ?? 0);
}

function chooseParent(runtimeDirectory: string | undefined, uid: number): string {
  const candidates = [...(runtimeDirectory?.startsWith('/') ? [runtimeDirectory] : []), `/run/user/${uid}`];
  for (const candidate of candidates) {
    const parent = join(candidate, 'image-api');
    if (join(parent, `${processMark()}XXXXXX`).length <= longest && !flaw(candidate, uid) && !flawOfOwn(parent, uid)) return parent;
  }
  const last = `/tmp/image-api-${uid}`;
  const why = flawOfOwn(last, uid);
  if (!why) return last;
  throw untrusted(last, why);
}

function untrusted(directory: string, why: string): ImageError {
  return new ImageError(
    `no private directory can be made: ${directory} ${why}; remove it, or set XDG_RUNTIME_DIR to a directory of your own with mode 700`,
    {
      code: 'BAD_OPTION',
      origin: 'caller',
      untouched: true,
      details: { directory },
    },
  );
}

/** Make it if it is not there; then say what is wrong with it. */
function flawOfOwn(path: string, uid: number): string | undefined {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return 'cannot be made';
  }
  return flaw(path, uid);
}

/** Why a directory is not to be trusted with a socket; `undefined` when it is. */
function flaw(path: string, uid: number): string | undefined {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (!found?.isDirectory()) return 'is not a directory';
  if (found.uid !== uid) return 'belongs to somebody else';
  return found.mode & 0o022 ? 'can be written by others' : undefined;
}
