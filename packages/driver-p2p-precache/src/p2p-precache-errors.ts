import { ImageError, isImageError } from '@image-api/driver';
import type { TransferRequest } from '@image-api/driver';

/** The caller does not want it any more. */
export function cancelled({ from }: TransferRequest, signal: AbortSignal): ImageError {
  return new ImageError(`copying ${from.href} was cancelled`, {
    code: 'CANCELLED',
    origin: 'caller',
    driver: 'p2p-precache',
    untouched: true,
    cause: signal.reason,
  });
}

/** A failure of a copy out of the cache, in words of the copy. @param untouched whether it is certain that no byte was written */
export function copyError(error: unknown, { from, name }: TransferRequest, untouched: boolean): unknown {
  if (!isImageError(error)) return error;
  const { code, origin, retryable, details } = error;
  return new ImageError(`copying ${from.href} from the cache to ${name.href}: ${error.message}`, {
    code,
    origin,
    driver: 'p2p-precache',
    retryable,
    untouched: untouched || error.untouched,
    details,
    cause: error,
  });
}

/** Only the core can have other drivers fetch something. */
export function cannotFetch({ from }: TransferRequest): ImageError {
  return new ImageError(
    `${from.href} is not in the cache, and only files of this machine can be put there directly: use imagectl precache`,
    {
      code: 'UNSUPPORTED',
      origin: 'caller',
      driver: 'p2p-precache',
      untouched: true,
    },
  );
}
