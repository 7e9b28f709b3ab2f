import { isImageError } from '@image-api/driver';
import { fileError } from './file-error.ts';
import type { FileFailure } from './file-error.ts';

/**
 * Do something with a file of this machine. What the system says against it becomes an `ImageError`; a mistake of ours is no fault of a disk.
 *
 * @throws ImageError
 */
export async function withFile<T>(
  { side, action, path }: Pick<FileFailure, 'side' | 'action' | 'path'>,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (isImageError(error) || typeof code !== 'string') throw error;
    throw fileError({ side, host: 'local', path, action, errno: code, said: message, cause: error });
  }
}
