import { open } from 'node:fs/promises';
import { isImageError } from '@image-api/driver';
import type { ImageError, ProgressUpdate } from '@image-api/driver';

/** The private empty file the core has made before a driver comes. */
export async function staging(path: string): Promise<string> {
  await (await open(path, 'wx', 0o600)).close();
  return path;
}

/** The error a promise rejects with; a success, or anything but an `ImageError`, fails the test. */
export async function failureOf(promise: Promise<unknown>): Promise<ImageError> {
  try {
    await promise;
  } catch (error) {
    if (isImageError(error)) return error;
    throw error;
  }
  throw new Error('it succeeded');
}

/** Resolves when so many bytes of an image are dealt with. */
export async function reaches({ updates }: { readonly updates: readonly ProgressUpdate[] }, position: number): Promise<void> {
  while (!updates.some(({ bytesLogical = 0 }) => bytesLogical >= position)) await new Promise((resolve) => setTimeout(resolve, 5));
}
