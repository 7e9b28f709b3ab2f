import { open } from 'node:fs/promises';
import { constants } from 'node:fs';
import { ImageError } from '@image-api/driver';
import type { DestinationLook } from './look.ts';

/**
 * A block device that is mounted, or otherwise in use by the system, cannot be opened exclusively. `cp` would write to it all
 * the same and end with success.
 *
 * @throws ImageError DESTINATION_BUSY
 */
export async function checkDeviceFree({ endpoint, host, stat }: DestinationLook): Promise<void> {
  if (stat?.kind !== 'block' || host?.kind !== 'local') return;
  try {
    await (await open(endpoint.path, constants.O_RDONLY | constants.O_EXCL)).close();
  } catch (error) {
    const busy = (error as NodeJS.ErrnoException).code === 'EBUSY';
    throw new ImageError(
      busy
        ? `${endpoint.href} is in use (mounted, or part of something that is): free it first`
        : `${endpoint.href} cannot be written: ${(error as Error).message}`,
      { code: busy ? 'DESTINATION_BUSY' : 'DESTINATION_UNWRITABLE', origin: 'destination', untouched: true, cause: error },
    );
  }
}
