import type { FileHandle } from 'node:fs/promises';

/** Fill all of `into` from one place of a file: a single call may bring less. Answers how many bytes there are, fewer where the file ends. */
export async function readUpTo(file: FileHandle, into: Uint8Array, offset: number): Promise<number> {
  let filled = 0;
  for (let bytesRead = -1; filled < into.length && bytesRead !== 0; filled += bytesRead)
    ({ bytesRead } = await file.read(into, filled, into.length - filled, offset + filled));
  return filled;
}
