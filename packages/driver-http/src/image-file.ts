import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import type { TransferRequest } from '@image-api/driver';
import { longestPiece, missingIn, ordinaryCalls, writesFor } from '@image-api/host';
import type { Extent, Write } from '@image-api/host';
import { writeError, wrongKind } from './http-errors.ts';

const zeros = Buffer.alloc(longestPiece);

/** The file an image arrives in. All its errors are of the destination. */
export class ImageFile {
  readonly #request: TransferRequest;
  readonly #file: FileHandle;
  /** The same once more, for writing past the page cache; absent where its filesystem has no such thing. */
  #direct: FileHandle | undefined;
  readonly #opened: readonly FileHandle[];
  #touched = false;

  private constructor(request: TransferRequest, file: FileHandle, direct: FileHandle | undefined) {
    this.#request = request;
    this.#file = file;
    this.#direct = direct;
    this.#opened = direct ? [file, direct] : [file];
  }

  /** Open what is there; nothing is made. */
  static async open(request: TransferRequest): Promise<ImageFile> {
    const { path } = request.to;
    const file = await open(path, constants.O_RDWR | constants.O_NONBLOCK).catch((error: unknown) => {
      throw writeError(error, request);
    });
    if ((await file.stat()).isFile()) {
      const direct = await open(path, constants.O_WRONLY | constants.O_DIRECT | constants.O_NONBLOCK).catch(() => undefined);
      return new ImageFile(request, file, direct);
    }
    await file.close();
    throw wrongKind(request);
  }

  /** Whether anything was changed. */
  get touched(): boolean {
    return this.#touched;
  }

  /** Of a file that holds something else: let it be empty. */
  async begin(size: number): Promise<void> {
    this.#touched = true;
    await this.#attempt(this.#file.truncate(0));
    await this.resize(size);
  }

  async resize(size: number): Promise<void> {
    this.#touched = true;
    await this.#attempt(this.#file.truncate(size));
  }

  /**
   * Write a piece where nothing but zeros is, or the same bytes: what of it is zeros stays a hole.
   *
   * @param bytes as far behind a boundary of a page of memory as they go behind one of the file
   */
  async write(bytes: Uint8Array, at: number): Promise<void> {
    this.#touched = true;
    const isZeros = ({ from, to }: Extent): boolean => zeros.compare(bytes, from - at, to - at, 0, to - from) === 0;
    const runs = missingIn([{ from: at, to: at + bytes.length }], isZeros);
    for (const write of writesFor(runs, this.#direct !== undefined))
      await this.#write(write, bytes.subarray(write.from - at, write.to - at));
  }

  /** What is kept behind the image while it comes. */
  async writeBeside(bytes: Uint8Array, at: number): Promise<void> {
    this.#touched = true;
    await this.#attempt(ordinaryCalls.write(this.#file.fd, bytes, at));
  }

  /** As many bytes as there are, up to `length`. */
  async read(at: number, length: number): Promise<Buffer> {
    const bytes = Buffer.alloc(length);
    return bytes.subarray(0, await this.#attempt(ordinaryCalls.read(this.#file.fd, bytes, at)));
  }

  /** Resolves when what was written would survive a power cut. */
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
