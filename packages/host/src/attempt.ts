import { ImageError } from '@image-api/driver';
import { fileError } from './file-error.ts';
import type { Side } from './file-error.ts';

/**
 * Do something with a file of this machine.
 *
 * @throws ImageError that says with which file it failed, and how
 */
export async function attempt<T>(side: Side, action: string, path: string, operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (cause) {
    if (cause instanceof ImageError) throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    throw fileError({ side, host: 'local', path, action, said: message, cause, ...(code === undefined ? {} : { errno: code }) });
  }
}
