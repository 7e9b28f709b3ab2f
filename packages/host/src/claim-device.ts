import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import type { Claim } from '@image-api/driver';
import { attempt } from './attempt.ts';
import { fileError } from './file-error.ts';
import { claimCancelled, deviceInUse, notOurs } from './refusal.ts';
import { statLocally } from './stat-locally.ts';

/**
 * Hold a block device. Opened exclusively, no filesystem, RAID or swap can take it, and no other claim; a tool that just opens it, as all
 * that copy do, still can.
 */
export async function claimDevice(path: string, signal: AbortSignal | undefined): Promise<Claim> {
  const file = await open(path);
  try {
    if (!(await file.stat()).isBlockDevice()) throw notOurs(path, 'local');
    const found = await attempt('destination', 'look at', path, () => statLocally(path, false));
    if (signal?.aborted) throw claimCancelled(path, 'local', signal);
    return hold(file, found?.size ?? 0);
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Whether the name is that of a block device itself, not of a link to one. */
export async function isDevice(path: string): Promise<boolean> {
  const found = await fs.lstat(path).catch(() => undefined);
  return found?.isBlockDevice() ?? false;
}

async function open(path: string): Promise<fs.FileHandle> {
  try {
    return await fs.open(path, constants.O_RDWR | constants.O_EXCL | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'EBUSY') throw deviceInUse(path, cause);
    throw fileError({ side: 'destination', host: 'local', path, action: 'open', said: message, cause, errno: code });
  }
}

function hold(file: fs.FileHandle, size: number): Claim {
  let released: Promise<void> | undefined;
  return { existed: true, size, lost: new AbortController().signal, release: () => (released ??= file.close()) };
}
