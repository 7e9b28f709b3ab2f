import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import type { TransferRequest } from '@image-api/driver';
import { callError, wrongKind } from './call-errors.ts';

/** Both ends of a copy, open. */
export interface OpenEnds {
  readonly from: FileHandle;
  readonly to: FileHandle;
  /** The destination once more, for writing past the page cache; absent where its filesystem has no such thing. */
  readonly direct?: FileHandle;
  /** The source once more, for reading past the page cache. Only where that was asked for. */
  readonly directFrom?: FileHandle;
}

/**
 * Open what is there at both ends; nothing is made, so that there is never a file where a device was.
 *
 * @throws ImageError, always `untouched`
 */
export async function openEnds(request: TransferRequest): Promise<OpenEnds> {
  const { from, to } = request;
  const opened: FileHandle[] = [];
  try {
    // Should it be a pipe, nobody waits for its other end.
    const source = await opening('source', from.path, constants.O_RDONLY | constants.O_NONBLOCK);
    const destination = await opening('destination', to.path, constants.O_RDWR | constants.O_NONBLOCK);
    const direct = await past(to.path, constants.O_WRONLY);
    const directFrom = request.priority === 'idle' ? await past(from.path, constants.O_RDONLY) : undefined;
    return { from: source, to: destination, ...(direct && { direct }), ...(directFrom && { directFrom }) };
  } catch (error) {
    await Promise.all(opened.map((file) => file.close()));
    throw error;
  }

  async function past(path: string, flags: number): Promise<FileHandle | undefined> {
    const file = await open(path, flags | constants.O_DIRECT | constants.O_NONBLOCK).catch(() => undefined);
    if (file) opened.push(file);
    return file;
  }

  async function opening(side: 'source' | 'destination', path: string, flags: number): Promise<FileHandle> {
    try {
      const file = await open(path, flags);
      opened.push(file);
      const found = await file.stat();
      if (!found.isFile() && !found.isBlockDevice()) throw wrongKind(side, request);
      return file;
    } catch (error) {
      throw callError({ error, side, request, untouched: true });
    }
  }
}

export async function closeEnds({ from, to, direct, directFrom }: OpenEnds): Promise<void> {
  await Promise.all([from.close(), to.close(), direct?.close(), directFrom?.close()]);
}
