import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import type { TransferRequest } from '@image-api/driver';
import { ordinaryCalls, writesFor } from '@image-api/host';
import type { Extent, Write } from '@image-api/host';
import { writeError, wrongKind } from './http-errors.ts';
import type { ImagePlace } from './image-place.ts';

/** A file of this machine. */
export class LocalPlace implements ImagePlace {
  readonly canSync = true;
  readonly mostUnsynced: number = Infinity;
  readonly #request: TransferRequest;
  readonly #file: FileHandle;
  /** The same once more, for writing past the page cache; absent where its filesystem has no such thing. */
  #direct: FileHandle | undefined;
  readonly #opened: readonly FileHandle[];

  private constructor(request: TransferRequest, file: FileHandle, direct: FileHandle | undefined) {
    this.#request = request;
    this.#file = file;
    this.#direct = direct;
    this.#opened = direct ? [file, direct] : [file];
  }

  /** Open what is there; nothing is made. */
  static async open(request: TransferRequest): Promise<LocalPlace> {
    const { path } = request.to;
    const file = await open(path, constants.O_RDWR | constants.O_NONBLOCK).catch((error: unknown) => {
      throw writeError(error, request);
    });
    if ((await file.stat()).isFile()) {
      const direct = await open(path, constants.O_WRONLY | constants.O_DIRECT | constants.O_NONBLOCK).catch(() => undefined);
      return new LocalPlace(request, file, direct);
    }
    await file.close();
    throw wrongKind(request);
  }

  async resize(size: number): Promise<void> {
    await this.#attempt(this.#file.truncate(size));
  }

  async write(runs: readonly Extent[], bytes: Uint8Array, at: number): Promise<void> {
    for (const write of writesFor(runs, this.#direct !== undefined))
      await this.#write(write, bytes.subarray(write.from - at, write.to - at));
  }

  async writeBeside(bytes: Uint8Array, at: number): Promise<void> {
    await this.#attempt(ordinaryCalls.write(this.#file.fd, bytes, at));
  }

  async read(at: number, length: number): Promise<Buffer> {
    const bytes = Buffer.alloc(length);
    return bytes.subarray(0, await this.#attempt(ordinaryCalls.read(this.#file.fd, bytes, at)));
  }

  async sync(): Promise<void> {
    await this.#attempt(ordinaryCalls.sync(this.#file.fd));
  }

  async close(): Promise<void> {
    await Promise.all(this.#opened.map((file) => file.close()));
  }

  async #write({ from, direct }: Omit<Write, 'to'>, bytes: Uint8Array): Promise<void> {
    const file = direct ? this.#direct : undefined;
    try {
      await ordinaryCalls.write((file ?? this.#file).fd, bytes, from);
    } catch (error) {
      if (!file || (error as NodeJS.ErrnoException).code !== 'EINVAL') throw writeError(error, this.#request);
      this.#direct = undefined;
      await this.#write({ from, direct: false }, bytes);
    }
  }

  async #attempt<T>(call: Promise<T>): Promise<T> {
    return call.catch((error: unknown) => {
      throw writeError(error, this.#request);
    });
  }
}
