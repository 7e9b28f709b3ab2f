import type { FileHandle } from 'node:fs/promises';

/** Write all of the bytes at one place of a file: a single call may take fewer. */
export async function writeWhole(file: FileHandle, bytes: Uint8Array, offset: number): Promise<void> {
  for (let done = 0; done < bytes.length;) done += (await file.write(bytes, done, bytes.length - done, offset + done)).bytesWritten;
}
