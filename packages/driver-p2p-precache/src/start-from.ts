import { lstat, rm, truncate } from 'node:fs/promises';
import type { TransferContext, TransferRequest } from '@image-api/driver';
import { ifThere } from '@image-api/host';
import { inCache } from './cache/in-cache.ts';

/**
 * Let a fetch begin with what the destination holds: an older image, or what another driver left. What of it is right is hashed, and does not
 * travel. Not where an interrupted fetch left something: that is nearer to what is wanted.
 *
 * @param path where the image is fetched to
 * @param size of the image, in bytes
 */
export async function startFrom(
  { held, to }: TransferRequest,
  path: string,
  size: number,
  { env, signal }: Pick<TransferContext, 'env' | 'signal'>,
): Promise<void> {
  if (held === undefined || (await inCache('look at', path, () => ifThere(() => lstat(path))))) return;
  try {
    await env.local.duplicate(to.path, path, { signal });
    await truncate(path, size);
  } catch {
    // It would only have saved something: all of it is fetched.
    await inCache('remove', path, () => rm(path, { force: true }));
  }
}
