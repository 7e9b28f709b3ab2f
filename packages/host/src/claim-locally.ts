import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import type { Claim } from '@image-api/driver';
import { childEnvironment } from './child-environment.ts';
import { heldByAnother, notOurs } from './refusal.ts';
import { errnoFromText } from './errno-from-text.ts';
import { fileError } from './file-error.ts';
import { startLocal } from './run-local.ts';

/** See `Host.claim`. The lock belongs to our open file, so the kernel frees it when we close it or die. */
export async function claimLocally(path: string, ours: NodeJS.ProcessEnv): Promise<Claim> {
  for (;;) {
    const { file, existed } = await open(path);
    try {
      await checkKind(file, path);
      await lock(file, path, ours);
      const { size, ino, dev, nlink } = await file.stat({ bigint: true });
      const named = await fs.lstat(path, { bigint: true }).catch(() => undefined);
      if (named?.ino === ino && named.dev === dev) {
        if (nlink !== 1n) throw notOurs(path, 'local');
        return hold(file, existed, Number(size));
      }
    } catch (error) {
      await file.close();
      throw error;
    }
    // Whoever held it before us has renamed or removed it meanwhile: what we locked is no longer what has the name.
    await file.close();
  }
}

function hold(file: fs.FileHandle, existed: boolean, size: number): Claim {
  let released: Promise<void> | undefined;
  return { existed, size, release: () => (released ??= file.close()) };
}

async function open(path: string): Promise<{ file: fs.FileHandle; existed: boolean }> {
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

async function checkKind(file: fs.FileHandle, path: string): Promise<void> {
  const found = await file.stat();
  if (!found.isFile() || found.uid !== process.getuid?.()) throw notOurs(path, 'local');
}

/** Node has no call for it; a lock is of the open file, which the child shares with us. */
async function lock(file: fs.FileHandle, path: string, ours: NodeJS.ProcessEnv): Promise<void> {
  const worker = await startLocal('flock', ['-n', '3'], { environment: childEnvironment(ours), descriptors: [file.fd] });
  const { exitCode, stderr } = await worker.ended;
  if (exitCode === 0) return;
  if (exitCode === 1 && stderr === '') throw heldByAnother(path, 'local');
  throw fileError({ side: 'destination', host: 'local', path, action: 'lock', said: stderr, errno: errnoFromText(stderr) });
}

function failed(path: string, cause: unknown): Error {
  const { code, message } = cause as NodeJS.ErrnoException;
  return fileError({ side: 'destination', host: 'local', path, action: 'create', said: message, cause, errno: code });
}
