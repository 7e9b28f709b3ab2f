import { ImageError, isImageError } from '@image-api/driver';

/** Whatever was thrown, as the one error class. What nobody foresaw is a mistake of this software, and says so. */
export function toImageError(thrown: unknown): ImageError {
  if (isImageError(thrown)) return thrown;
  const words = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  if (isScarcity(thrown)) return scarce(words, thrown);
  return new ImageError(`unexpected ${words}; this is a mistake in imagectl: report it with what --debug prints`, {
    code: 'INTERNAL',
    origin: 'core',
    cause: thrown,
  });
}

function isScarcity(thrown: unknown): boolean {
  const { code } = (thrown ?? {}) as { readonly code?: unknown };
  return code === 'EMFILE' || code === 'ENFILE' || code === 'ENOMEM' || code === 'EAGAIN';
}

/** It can hit anything that is opened, even a part of this program while it is being loaded. */
function scarce(words: string, cause: unknown): ImageError {
  return new ImageError(`the machine is out of memory, processes or open files (${words}): run fewer copies at once, or raise the limit`, {
    code: 'RESOURCES',
    origin: 'core',
    retryable: true,
    cause,
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
