import { posix } from 'node:path';
import { ImageError, isImageError } from '@image-api/driver';
import type { Host, PathStat, TransferRequest } from '@image-api/driver';
import { onSide } from '../look/on-side.ts';
import type { ReadyPlan } from '../plan/make-plan.ts';
import { throwIfCancelled } from './controls.ts';
import type { Staging } from './staging.ts';
import { whatRemains } from './what-remains.ts';

/** Permission bits that may be given away with an image: never set-id or sticky ones. */
const permissionBits = 0o777;

export interface PublishInput {
  readonly ready: ReadyPlan;
  readonly request: TransferRequest;
  readonly staging: Staging;
  readonly signal: AbortSignal;
}

/**
 * Give the verified bytes their real name, in the order that survives a power cut at any point: metadata, bytes to disk,
 * name, name to disk. The last moment to cancel is just before the name.
 */
export async function publish({ ready, request, staging, signal }: PublishInput): Promise<void> {
  const { host, stat } = ready.look.to;
  if (!host) return;
  await onSide('destination', request.name, async () => {
    if (ready.plan.publish === 'in-place') return syncBytes(ready, host, request);
    const { mode, owner } = permissionsOf(ready.look.from.stat, stat);
    await host.setMode(request.to.path, mode, owner);
    await syncBytes(ready, host, request);
    throwIfCancelled(signal);
    await rename(host, request, staging, stat !== undefined);
    await syncName(host, request);
  });
}

/** A new image is as readable as its source, as far as the umask lets it; one that is replaced keeps what it had. */
function permissionsOf(from: PathStat | undefined, old: PathStat | undefined): { mode: number; owner?: { uid: number; gid: number } } {
  if (old) return { mode: old.mode & permissionBits, owner: { uid: old.uid, gid: old.gid } };
  return { mode: (from?.mode ?? 0o666) & permissionBits & ~process.umask() };
}

/** A failed sync is told once by the kernel and then forgotten, so it is never tried again: the bytes are lost. */
async function syncBytes(ready: ReadyPlan, host: Host, request: TransferRequest): Promise<void> {
  try {
    await host.sync(request.to.path);
  } catch (error) {
    if (!isImageError(error) || error.code === 'UNREACHABLE') throw error;
    throw new ImageError(`${request.name.href} could not be written to disk: ${error.message}; ${whatRemains(ready.plan)}`, {
      code: error.code,
      origin: error.origin,
      retryable: false,
      cause: error,
    });
  }
}

async function rename(host: Host, { to, name }: TransferRequest, { inode }: Staging, over: boolean): Promise<void> {
  try {
    await (over ? host.renameOver(to.path, name.path) : host.renameNew(to.path, name.path));
  } catch (error) {
    if (!isImageError(error)) throw error;
    // The answer was lost, not necessarily the deed; or the new name is there, and the old one could not be taken away.
    const there = await host.stat(name.path).catch(() => undefined);
    if (there && there.inode === inode) return host.remove(to.path).catch(() => undefined);
    if (error.code !== 'UNREACHABLE') throw error;
    throw published(`${name.href} may or may not be published, its host went away just then: look there`, error);
  }
}

async function syncName(host: Host, { name }: TransferRequest): Promise<void> {
  try {
    await host.sync(posix.dirname(name.path));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw published(`${name.href} is published, but its name may not survive a power cut: ${why}`, error);
  }
}

/** Nothing may be tried again after the name is, or may be, there. */
function published(message: string, cause: unknown): ImageError {
  const code = isImageError(cause) ? cause.code : 'WRITE_FAILED';
  return new ImageError(message, { code, origin: 'destination', retryable: false, details: { published: true }, cause });
}
