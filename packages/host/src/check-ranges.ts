import { ImageError } from '@image-api/driver';
import type { ByteRange } from '@image-api/driver';
import { escapeControl } from './escape-control.ts';

/** What `Host.read` reads at most in one call, in bytes. */
const readLimit = 1024 * 1024;

/**
 * Pieces that make no sense, or are too much for memory and for one answer, are a mistake of ours.
 *
 * @throws ImageError `INTERNAL`
 */
export function checkRanges(path: string, ranges: readonly ByteRange[]): void {
  const wrong = ranges.find(({ offset, length }) => !isCount(offset) || !isCount(length));
  if (wrong) throw mistake(path, `${wrong.length} bytes from ${wrong.offset} on`);
  const total = ranges.reduce((sum, { length }) => sum + length, 0);
  if (total > readLimit) throw mistake(path, `${total} bytes, and no more than ${readLimit} are read at once`);
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function mistake(path: string, asked: string): ImageError {
  return new ImageError(`cannot read ${escapeControl(path)}: asked for ${asked}; this is a mistake of the software, report it`, {
    code: 'INTERNAL',
    origin: 'core',
    untouched: true,
  });
}
