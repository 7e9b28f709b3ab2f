import { ImageError } from '@image-api/driver';

/**
 * Whoever reads beyond the end has not looked at the size.
 *
 * @throws ImageError `INTERNAL`
 */
export function checkPiece({ name, size }: { readonly name: string; readonly size: number }, offset: number, length: number): void {
  if (Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0 && offset + length <= size) return;
  throw new ImageError(
    `cannot read ${name}: asked for ${length} bytes from ${offset} on, and there are ${size} in all; this is a mistake of the software, report it`,
    { code: 'INTERNAL', origin: 'core' },
  );
}
