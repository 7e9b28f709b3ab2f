import { Bytes } from './bytes.ts';
import { matchingFormats } from './formats.ts';
import type { ImageFormat } from './image-format.ts';

/** How many of an image's first bytes `detectFormat` looks at: 64 KiB. A shorter image is given whole. */
export const headerLength = 65_536;

/** What an image's header says. */
export interface DetectedFormat {
  readonly format: ImageFormat;
  /** The size a guest sees, in bytes. Absent where the header does not hold it. */
  readonly virtualSize?: number;
}

/**
 * Tell the format of an image by its first bytes; `raw` is what is left when nothing else fits. Never throws: any bytes have an
 * answer. The header's word is not a promise that the image is sound or safe to open: that is for `examineImage`.
 *
 * @param head the first `headerLength` bytes, or all there are
 * @param size length of the whole file or device: the size a guest sees of the formats that have no header of their own
 */
export function detectFormat(head: Uint8Array, size?: number): DetectedFormat {
  const edges = { start: new Bytes(head), end: new Bytes(new Uint8Array()), size: size ?? head.length };
  const [found] = matchingFormats(edges);
  const virtualSize = found?.declaredSize ? countable(found.declaredSize(edges)) : size;
  return { format: found?.name ?? 'raw', ...(virtualSize !== undefined && { virtualSize }) };
}

/** A size out of a header as a number, `undefined` where it is too large to be counted. */
export function countable(size: bigint | undefined): number | undefined {
  return size !== undefined && size <= Number.MAX_SAFE_INTEGER ? Number(size) : undefined;
}
