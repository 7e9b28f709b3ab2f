import { ImageError, isImageError } from '@image-api/driver';
import type { Endpoint } from '@image-api/driver';
import { forSide } from '@image-api/host';
import type { Side } from '@image-api/host';

/**
 * Do something with a host, and say of its errors which end of the copy they belong to and which endpoint it was: a host knows
 * paths, not what they are to a copy.
 */
export async function onSide<T>(side: Side, endpoint: Endpoint, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw isImageError(error) ? named(forSide(error, side), side, endpoint) : error;
  }
}

function named(error: ImageError, side: Side, endpoint: Endpoint): ImageError {
  const told = error.message.includes(endpoint.href) || error.message.includes(endpoint.path);
  if (error.code === 'CANCELLED' || error.code === 'INTERNAL' || (told && error.origin !== 'core')) return error;
  return new ImageError(told ? error.message : `${endpoint.href}: ${error.message}`, {
    code: error.code,
    origin: error.origin === 'core' ? side : error.origin,
    retryable: error.retryable,
    untouched: error.untouched,
    details: error.details,
    cause: error,
  });
}
