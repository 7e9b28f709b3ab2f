import type { ErrorCode, ImageFormat } from 'image-api';

/** An image, what the caller says of it, and what must become of its copy. */
export interface HostileImage {
  /** Unique, and told by the test. */
  readonly name: string;
  readonly claimed?: ImageFormat;
  readonly allowBacking?: true;
  /** Absent: it is good, and must be copied. */
  readonly refused?: { readonly code: Extract<ErrorCode, 'UNSAFE_IMAGE' | 'FORMAT_MISMATCH'>; readonly rule: string };
  /** QEMU, when it is told the format that is claimed here, hands out the secret to whoever asks for the content. */
  readonly betrays?: ImageFormat;
  readonly make: Make;
}

/** Writes the image. */
export type Make = (workshop: Workshop, path: string) => Promise<unknown>;

/** Where images are made, before anybody watches. */
export interface Workshop {
  /** What no copy may ever show: a file of one sector. Its path, as programs on the host see it. */
  readonly secret: string;
  /** Random bytes for an image to hold. */
  readonly content: string;
  /** The path of a file of the host, as this process sees it. */
  outside(path: string): string;
  /** Run qemu-img on the host. */
  qemuImg(...args: readonly string[]): Promise<unknown>;
  /** The bytes of an empty image, made by qemu-img with these words. */
  empty(words: string): Promise<Buffer>;
}
