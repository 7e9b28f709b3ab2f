import { ImageError, isImageError } from '@image-api/driver';
import type { ErrorCode, ErrorOrigin } from '@image-api/driver';

/** An `ImageError` on its way. */
export interface ToldError {
  readonly message: string;
  readonly code: ErrorCode;
  readonly origin: ErrorOrigin;
  readonly retryable: boolean;
  readonly untouched: boolean;
  readonly details: Readonly<Record<string, unknown>>;
}

/** What of an error can be told to another process. @param who it happened to: `the keeper of a stream` */
export function toldError(thrown: unknown, who: string): ToldError {
  if (!isImageError(thrown)) {
    const message = `${who} failed in a way it did not foresee: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
    return { message, code: 'INTERNAL', origin: 'driver', retryable: false, untouched: false, details: {} };
  }
  const { message, code, origin, retryable, untouched, details } = thrown;
  return { message, code, origin, retryable, untouched, details };
}

/** The error that was told. @param driver whose keeper it was */
export function errorFrom({ message, ...rest }: ToldError, driver: string): ImageError {
  return new ImageError(message, { ...rest, driver });
}
