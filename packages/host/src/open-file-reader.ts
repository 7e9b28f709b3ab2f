import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { ImageError } from '@image-api/driver';
import { checkPiece } from './check-piece.ts';
import { escapeControl } from './escape-control.ts';
import type { RangeReader } from './range-reader.ts';
import { notAnImage } from './refusal.ts';
import { withFile } from './with-file.ts';

/**
 * Open a file of this machine for reading in pieces, such as one of a network filesystem.
 *
 * @throws ImageError `SOURCE_MISSING`, `SOURCE_UNREADABLE`, `SOURCE_KIND` for what is no file
 */
export async function openFileReader(path: string): Promise<RangeReader> {
  // Should it be a pipe, nobody waits for its other end.
  const file = await failing(path, () => open(path, constants.O_RDONLY | constants.O_NONBLOCK));
  try {
    const found = await file.stat();
    if (!found.isFile()) throw notAnImage(path, 'local');
    return new FileReader(path, file, found.size, await identityOf(file));
  } catch (error) {
    await file.close();
    throw error;
  }
}

class FileReader implements RangeReader {
  readonly name: string;
  readonly size: number;
  readonly identity: string;
  bytesRead = 0;
  readonly #path: string;
  readonly #file: FileHandle;

  constructor(path: string, file: FileHandle, size: number, identity: string) {
    this.name = escapeControl(path);
    this.size = size;
    this.identity = identity;
    this.#path = path;
    this.#file = file;
  }

  async read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array> {
    checkPiece(this, offset, length);
    const bytes = Buffer.allocUnsafeSlow(length);
    for (let filled = 0; filled < length;) {
      if (signal?.aborted) throw new ImageError(`reading ${this.name} was cancelled`, { code: 'CANCELLED', origin: 'caller' });
      const { bytesRead } = await failing(this.#path, () => this.#file.read(bytes, filled, length - filled, offset + filled));
      if (bytesRead === 0) throw this.#changed(`cut at byte ${offset + filled}`);
      filled += bytesRead;
      this.bytesRead += bytesRead;
    }
    return bytes;
  }

  async check(): Promise<void> {
    const now = await failing(this.#path, () => identityOf(this.#file));
    if (now !== this.identity) throw this.#changed(now);
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  #changed(is: string): ImageError {
    return new ImageError(`${this.name} changed while it was read; copy a source nobody writes to`, {
      code: 'SOURCE_CHANGED',
      origin: 'source',
      details: { was: this.identity, is },
    });
  }
}

async function identityOf(file: FileHandle): Promise<string> {
  const { size, mtimeNs } = await file.stat({ bigint: true });
  return `size ${size}, modified ${mtimeNs}`;
}

function failing<T>(path: string, work: () => Promise<T>): Promise<T> {
  return withFile({ side: 'source', action: 'read', path }, work);
}
