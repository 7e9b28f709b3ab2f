import type { Extent } from '@image-api/host';

/** An open file that the bytes of an image go to, of this machine or of another one. All its errors are of the destination. */
export interface ImagePlace {
  /** Whether it can be told when bytes are safe on the disk. Where it cannot, nothing may ever be said to be there. */
  readonly canSync: boolean;
  /** After so many bytes, at the most, they are to be made safe: to wait for more takes too long. */
  readonly mostUnsynced: number;
  /** Cut it off, or let it end with a hole. */
  resize(size: number): Promise<void>;
  /**
   * Write these runs.
   *
   * @param bytes what they are parts of, as far behind a boundary of a page of memory as `at` is behind one of the file
   */
  write(runs: readonly Extent[], bytes: Uint8Array, at: number): Promise<void>;
  /** Write what is not of the image. */
  writeBeside(bytes: Uint8Array, at: number): Promise<void>;
  /** As many bytes as there are, up to `length`. */
  read(at: number, length: number): Promise<Buffer>;
  /** Resolves when what was written would survive a power cut. */
  sync(): Promise<void>;
  close(): Promise<void>;
}
