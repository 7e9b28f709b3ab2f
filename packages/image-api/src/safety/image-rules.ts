import { ImageError, isImageError } from '@image-api/driver';
import type { ImageFormat } from '@image-api/driver';
import type { ResolvedConfig } from '../config/config.ts';
import type { CopyOptions } from '../copy-options.ts';
import { parseSize } from '../rate/parse-size.ts';

/** Which images may be copied, for one copy: what the site says, and what its caller says. */
export interface ImageRules {
  /** What the caller says the source is. */
  readonly claimed?: ImageFormat;
  /** The only formats that may be copied; absent: all that are known. */
  readonly formats?: readonly ImageFormat[];
  /** Images that need another file may be copied. */
  readonly allowBacking: boolean;
  /** Where those other files must lie; absent: anywhere on the source's host. */
  readonly backingRoots?: readonly string[];
  /** Largest size a header may declare, in bytes. */
  readonly maxVirtualSize: number;
}

/** @throws ImageError BAD_OPTION */
export function imageRulesOf(options: CopyOptions, { images }: ResolvedConfig): ImageRules {
  const maxVirtualSize = options.maxVirtualSize === undefined ? images.maxVirtualSize : sizeOption(options.maxVirtualSize);
  return {
    ...(options.format !== undefined && { claimed: options.format }),
    ...(images.formats && { formats: images.formats }),
    allowBacking: options.allowBacking === true,
    ...(images.backingRoots && { backingRoots: images.backingRoots }),
    maxVirtualSize,
  };
}

function sizeOption(size: number | string): number {
  try {
    if (typeof size === 'string') return parseSize(size);
  } catch (error) {
    if (!isImageError(error)) throw error;
    throw new ImageError(`maxVirtualSize: ${error.message}`, { code: 'BAD_OPTION', origin: 'caller', untouched: true, cause: error });
  }
  if (size > 0) return size;
  throw new ImageError(`maxVirtualSize ${size} is not a positive number of bytes`, {
    code: 'BAD_OPTION',
    origin: 'caller',
    untouched: true,
  });
}
