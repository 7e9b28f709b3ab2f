import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ImageError } from '@image-api/driver';
import { atExit } from './at-exit.ts';
import { readProcess } from './process-group.ts';

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
  for (const entry of readdirSync(parent)) if (isStale(entry)) rmSync(join(parent, entry), { recursive: true, force: true });
  const path = mkdtempSync(join(parent, namePrefix()));
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
    if (join(parent, `${namePrefix()}XXXXXX`).length <= longest && !flaw(candidate, uid) && !flawOfOwn(parent, uid)) return parent;
  }
  const last = `/tmp/image-api-${uid}`;
  const why = flawOfOwn(last, uid);
  if (!why) return last;
  throw new ImageError(
    `no private directory can be made: ${last} ${why}; remove it, or set XDG_RUNTIME_DIR to a directory of your own with mode 700`,
    {
      code: 'BAD_OPTION',
      origin: 'caller',
      untouched: true,
      details: { directory: last },
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

/**
 * Process number and start time together name a process for ever, although numbers are used again; but only within one PID namespace, and
 * containers may share the directory.
 */
function namePrefix(): string {
  return `s${pidNamespace()}.${process.pid.toString(36)}.${startTime(process.pid)}.`;
}

/** Inode numbers of namespaces count from here; the whole would be too long for the path of a socket. */
const firstNamespace = 0xeffffff0;

function pidNamespace(): string {
  return short(Number(/\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? 0) - firstNamespace);
}

function startTime(pid: number): string {
  return short(Number(readProcess(pid)?.startTime ?? 0));
}

/** At most four characters. Two that look the same by chance only keep a directory from being swept. */
function short(number: number): string {
  return (Math.abs(number) % 36 ** 4).toString(36);
}

/** Of another PID namespace nothing can be told: what it left is swept by its own. */
function isStale(entry: string): boolean {
  const [, namespace, pid, start] = /^s([0-9a-z]+)\.([0-9a-z]+)\.([0-9a-z]+)\.\w{6}$/.exec(entry) ?? [];
  return pid !== undefined && namespace === pidNamespace() && startTime(Number.parseInt(pid, 36)) !== start;
}
