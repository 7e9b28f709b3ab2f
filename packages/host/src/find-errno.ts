import { posix } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Host } from '@image-api/driver';

/**
 * Why a file of a host could not be written, by the system's own name for it: SFTP says "Failure" of a full disk and of a read-only one.
 *
 * @param missing bytes that were still to be written
 */
export async function findErrno(host: Host, path: string, missing: number): Promise<string | undefined> {
  const [{ free }, writable] = await Promise.all([host.space(posix.dirname(path)), canBeChanged(host, path)]);
  if (!writable) return 'EROFS';
  return free < missing ? 'ENOSPC' : undefined;
}

/** A filesystem that closed itself because of an error may say that it can be written, but changes nothing any more. */
async function canBeChanged(host: Host, path: string): Promise<boolean> {
  if (!(await host.access(path, 'write'))) return false;
  return host.setMode(path, 0o600).then(
    () => true,
    () => false,
  );
}

/** A host that was lost is not waited for: what it would have told stays unknown. */
export async function soon<T>(answer: Promise<T>): Promise<T | undefined> {
  const done = new AbortController();
  const late = sleep(5000, undefined, { signal: done.signal }).catch(() => undefined);
  return Promise.race([answer.catch(() => undefined), late]).finally(() => done.abort());
}
