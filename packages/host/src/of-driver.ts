import { ImageError, isImageError } from '@image-api/driver';

/**
 * An error of what a driver called, as the driver's own: a tool that is missing is then the driver's fault.
 *
 * @param untouched nothing had been written by then, whatever the error says
 * @throws what is no `ImageError`, as it is: a mistake is not made to look like a failure
 */
export function ofDriver(driver: string, error: unknown, untouched: boolean): ImageError {
  if (!isImageError(error)) throw error;
  const { code, origin, retryable, details, cause } = error;
  return new ImageError(error.message, {
    code,
    origin: code === 'TOOL_MISSING' ? 'driver' : origin,
    driver,
    retryable,
    untouched: untouched || error.untouched,
    details,
    cause,
  });
}
