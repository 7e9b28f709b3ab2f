import { ImageError, isImageError } from '@image-api/driver';

/** Whatever was thrown, as the one error class. What nobody foresaw is a mistake of this software, and says so. */
export function toImageError(thrown: unknown): ImageError {
  if (isImageError(thrown)) return thrown;
  const words = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  return new ImageError(`unexpected ${words}; this is a mistake in imagectl: report it with what --debug prints`, {
    code: 'INTERNAL',
    origin: 'core',
    cause: thrown,
  });
}

/** A mistake in what was typed. */
export function badOption(message: string, cause?: unknown): ImageError {
  return new ImageError(message, { code: 'BAD_OPTION', origin: 'caller', untouched: true, cause });
}

/** The user, or the system, asked us to end. */
export function cancelled(message: string): ImageError {
  return new ImageError(message, { code: 'CANCELLED', origin: 'caller' });
}
