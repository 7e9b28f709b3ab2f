import type { BigIntStats } from 'node:fs';
import * as fs from 'node:fs/promises';
import { childEnvironment } from './child-environment.ts';
import { errnoFromText } from './errno-from-text.ts';
import { fileError } from './file-error.ts';
import { startLocal } from './run-local.ts';

/**
 * Lock an open file, unless another holds it. Node has no call for it; a lock is of the open file, which the child shares with us, so it
 * is ours until we close the file.
 *
 * @returns whether it is ours now
 * @throws ImageError where nothing can be locked
 */
export async function lockFile(file: fs.FileHandle, path: string, ours: NodeJS.ProcessEnv): Promise<boolean> {
  const worker = await startLocal('flock', ['-n', '3'], { environment: childEnvironment(ours), descriptors: [file.fd] });
  const { exitCode, stderr } = await worker.ended;
  if (exitCode === 0) return true;
  if (exitCode === 1 && stderr === '') return false;
  throw fileError({ side: 'destination', host: 'local', path, action: 'lock', said: stderr, errno: errnoFromText(stderr) });
}

/** Whether a file is still what has the name. */
export async function hasName({ ino, dev }: BigIntStats, path: string): Promise<boolean> {
  const named = await fs.lstat(path, { bigint: true }).catch(() => undefined);
  return named?.ino === ino && named.dev === dev;
}

/**
 * Whether somebody holds a file, as the kernel lists it: to try would be to hold it for a moment, which another could be refused for.
 * Nothing is known of the processes of other containers.
 */
export async function isLocked({ ino }: BigIntStats): Promise<boolean> {
  return (await locksOf(ino)).length > 0;
}

/**
 * Whether somebody who takes other locks than ours has a file in use, as QEMU does with a disk: such locks are in nobody's way, and nobody's in
 * theirs.
 */
export async function isInUse({ ino }: BigIntStats): Promise<boolean> {
  return (await locksOf(ino)).some((line) => !line.includes(' FLOCK '));
}

async function locksOf(inode: bigint): Promise<readonly string[]> {
  const locks = await fs.readFile('/proc/locks', 'latin1');
  return locks.split('\n').filter((line) => line.includes(`:${inode} `));
}
