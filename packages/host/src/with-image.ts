import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import { notAnImage } from './refusal.ts';

/**
 * Open a file or a block device for reading, without waiting for the other end, should it be a pipe.
 *
 * @throws ImageError `SOURCE_KIND` when it is something else
 */
export async function withImage<T>(path: string, read: (file: fs.FileHandle) => Promise<T>): Promise<T> {
  const file = await fs.open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const found = await file.stat();
    if (!found.isFile() && !found.isBlockDevice()) throw notAnImage(path, 'local');
    return await read(file);
  } finally {
    await file.close();
  }
}
