import { ImageError, isImageError } from '@image-api/driver';
import type { ToldError } from './messages.ts';

/** What of an error can be told to another process. */
export function toldError(thrown: unknown): ToldError {
  if (!isImageError(thrown)) {
    const message = `the keeper of a stream failed in a way it did not foresee: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
    return { message, code: 'INTERNAL', origin: 'driver', retryable: false, untouched: false, details: {} };
  }
  const { message, code, origin, retryable, untouched, details } = thrown;
  return { message, code, origin, retryable, untouched, details };
}

/** The error that was told. */
export function errorFrom({ message, ...rest }: ToldError): ImageError {
  return new ImageError(message, { ...rest, driver: 'qemu-stream' });
}
