import { posix } from 'node:path';
import { ImageError, isImageError } from '@image-api/driver';
import type { Host, PathStat, TransferRequest } from '@image-api/driver';
import { onSide } from '../look/on-side.ts';
import type { ReadyPlan } from '../plan/make-plan.ts';
import { whatRemains } from './what-remains.ts';

/** Permission bits that may be given away with an image: never set-id or sticky ones. */
const permissionBits = 0o777;

/**
 * Give the verified bytes their real name, in the order that survives a power cut at any point: metadata, bytes to disk,
 * name, name to disk.
 */
export async function publish(ready: ReadyPlan, request: TransferRequest): Promise<void> {
  const { host, directory, stat } = ready.look.to;
  if (!host) return;
  await onSide('destination', request.name, async () => {
    if (ready.plan.publish === 'in-place' || directory === undefined) return syncBytes(ready, host, request);
    const { mode, owner } = permissionsOf(ready.look.from.stat, stat);
    await host.setMode(request.to.path, mode, owner);
    await syncBytes(ready, host, request);
    if (stat) await host.renameOver(request.to.path, request.name.path);
    else await host.renameNew(request.to.path, request.name.path);
    await host.sync(posix.dirname(request.name.path));
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
    if (!isImageError(error)) throw error;
    throw new ImageError(`${request.name.href} could not be written to disk: ${error.message}; ${whatRemains(ready.plan)}`, {
      code: error.code,
      origin: error.origin,
      retryable: false,
      cause: error,
    });
  }
}
