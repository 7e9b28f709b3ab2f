import { isImageError } from '@image-api/driver';
import { fileError } from '@image-api/host';
import type { Side } from '@image-api/host';

/**
 * Do something with a file of this machine.
 *
 * @param action a verb that goes before the path
 * @throws ImageError
 */
export async function withFile<T>(side: Side, action: string, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    // A mistake of ours is no fault of a disk.
    if (isImageError(error) || typeof code !== 'string') throw error;
    throw fileError({ side, host: 'local', path, action, errno: code, said: message, cause: error });
  }
}
