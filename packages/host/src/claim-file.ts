import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import { isImageError } from '@image-api/driver';
import type { Claim } from '@image-api/driver';
import { fileError } from './file-error.ts';
import { findTool } from './find-tool.ts';
import { hasName, isLocked, lockFile } from './lock-file.ts';
import { claimCancelled, heldByAnother, notOurs } from './refusal.ts';
import { toolMissing } from './run-local.ts';

/** Hold a file. The lock belongs to our open file, so the kernel frees it when we close it or die. */
export async function claimFile(path: string, ours: NodeJS.ProcessEnv, signal: AbortSignal | undefined): Promise<Claim> {
  if (!(await findTool('flock', ours['PATH']))) throw toolMissing('flock', 'local');
  for (;;) {
    const opened = await open(path);
    const claim = await tryToHold(opened, path, ours, signal).catch((error: unknown) => giveUp(opened, path, error));
    if (claim) return claim;
    // Whoever held it before us has renamed or removed it meanwhile: what we locked is no longer what has the name.
    await opened.file.close();
  }
}

interface Opened {
  readonly file: fs.FileHandle;
  readonly existed: boolean;
}

async function open(path: string): Promise<Opened> {
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  try {
    return { file: await fs.open(path, flags | constants.O_EXCL, 0o600), existed: false };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw failed(path, error);
  }
  try {
    return { file: await fs.open(path, flags, 0o600), existed: true };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw code === 'ELOOP' || code === 'EISDIR' || code === 'ENXIO' ? notOurs(path, 'local') : failed(path, error);
  }
}

async function tryToHold(
  { file, existed }: Opened,
  path: string,
  ours: NodeJS.ProcessEnv,
  signal: AbortSignal | undefined,
): Promise<Claim | undefined> {
  await checkKind(file, path);
  if (!(await lockFile(file, path, ours))) throw heldByAnother(path, 'local');
  const locked = await file.stat({ bigint: true });
  if (!(await hasName(locked, path))) return undefined;
  if (locked.nlink !== 1n) throw notOurs(path, 'local');
  if (signal?.aborted) {
    if (!existed) await fs.unlink(path);
    throw claimCancelled(path, 'local', signal);
  }
  let released: Promise<void> | undefined;
  return { existed, size: Number(locked.size), lost: new AbortController().signal, release: () => (released ??= file.close()) };
}

async function checkKind(file: fs.FileHandle, path: string): Promise<void> {
  const found = await file.stat();
  if (!found.isFile() || found.uid !== process.getuid?.()) throw notOurs(path, 'local');
}

/** Take away what we made, unless it is another's by now, or no longer what has the name. */
async function giveUp({ file, existed }: Opened, path: string, error: unknown): Promise<never> {
  const isBusy = isImageError(error) && error.code === 'DESTINATION_BUSY';
  if (!existed && !isBusy) await removeOwn(file, path).catch(() => undefined);
  await file.close();
  throw isImageError(error) ? error : failed(path, error);
}

async function removeOwn(file: fs.FileHandle, path: string): Promise<void> {
  const made = await file.stat({ bigint: true });
  // When there was no process left for `flock`, there is none to ask with either.
  if (made.size === 0n && (await hasName(made, path)) && !(await isLocked(made))) await fs.unlink(path);
}

function failed(path: string, cause: unknown): Error {
  const { code, message } = cause as NodeJS.ErrnoException;
  return fileError({ side: 'destination', host: 'local', path, action: 'create', said: message, cause, errno: code });
}
