import type { ErrorCode } from './error-codes.ts';

/** Who is at the root of it. */
export type ErrorOrigin = 'caller' | 'source' | 'destination' | 'driver' | 'core';

export interface ImageErrorOptions {
  readonly code: ErrorCode;
  readonly origin: ErrorOrigin;
  /** The driver it happened in. */
  readonly driver?: string;
  /** The same request may work later. Default false. */
  readonly retryable?: boolean;
  /** No byte was written to `request.to`. Default false. Another driver is tried only if it is true. */
  readonly untouched?: boolean;
  /** More for a program or a log: exit code, the tool's last words. No secrets. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

const brand: unique symbol = Symbol.for('image-api.ImageError');

/**
 * The one error class. The message is a sentence that says what was wrong, with which endpoint, and what to do; `code` is for
 * programs. Recognise it with `isImageError`, not `instanceof`: two copies of this package may be installed.
 */
export class ImageError extends Error {
  readonly code: ErrorCode;
  readonly origin: ErrorOrigin;
  readonly driver?: string;
  readonly retryable: boolean;
  readonly untouched: boolean;
  readonly details: Readonly<Record<string, unknown>>;

  static {
    // On the prototype and not enumerable, so that printing and comparing errors stays clean.
    Object.defineProperty(this.prototype, 'name', { value: 'ImageError', writable: true, configurable: true });
    Object.defineProperty(this.prototype, brand, { value: true });
  }

  constructor(message: string, options: ImageErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = options.code;
    this.origin = options.origin;
    if (options.driver !== undefined) this.driver = options.driver;
    this.retryable = options.retryable ?? false;
    this.untouched = options.untouched ?? false;
    this.details = options.details ?? {};
  }
}

/** True for an `ImageError` of this or any other copy of the package. */
export function isImageError(value: unknown): value is ImageError {
  return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[brand] === true;
}
