/** A piece of an image, in bytes. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/** Where an image's bytes are read from: a file or device, here or far away. */
export interface ImageSource {
  /** Length of the file, or capacity of the device, in bytes. */
  readonly size: number;
  /**
   * The pieces asked for, in that order; one that reaches past the end is shorter. Each call may be a round trip to another
   * machine: `examineImage` makes at most three, for 512 KiB in all, and never asks for bytes outside the image.
   */
  read(ranges: readonly ByteRange[]): Promise<readonly Uint8Array[]>;
}
