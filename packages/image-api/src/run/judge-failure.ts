import type { Capabilities, ErrorCode, ImageError } from '@image-api/driver';

/** What is to be done after a failed attempt. */
export type Verdict = 'retry' | 'next' | 'fail';

export interface Failure {
  readonly error: ImageError;
  /** Bytes were left in staging. */
  readonly left: boolean;
  /** Tries are left for this driver. */
  readonly mayRetry: boolean;
  /** What the next driver of the plan claims; absent when there is none. */
  readonly next: Capabilities | undefined;
}

/** After these nothing more may be tried: it would work around a refusal that somebody meant, or the plan is of another source. */
const final: ReadonlySet<ErrorCode> = new Set([
  'HOST_KEY',
  'AUTH_DENIED',
  'UNSAFE_IMAGE',
  'FORMAT_MISMATCH',
  'DESTINATION_BUSY',
  'DESTINATION_EXISTS',
  'SOURCE_CHANGED',
  'CANCELLED',
]);

/**
 * The fallback rule. The same driver again, when the failure may pass; another driver only when no byte was written, or when
 * it can go on from the bytes that were.
 */
export function judge({ error, left, mayRetry, next }: Failure): Verdict {
  if (final.has(error.code) || error.origin === 'caller') return 'fail';
  if (error.retryable && mayRetry) return 'retry';
  if (!next) return 'fail';
  if (error.untouched && !left) return 'next';
  return left && error.retryable && next.resume === true ? 'next' : 'fail';
}
