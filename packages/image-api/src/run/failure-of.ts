import { ImageError, isImageError } from '@image-api/driver';
import type { Task } from './task.ts';

/** What went wrong, in the words of the copy it went wrong with. */
export function failureOf(thrown: unknown, request: Task['request'], signal: AbortSignal): ImageError {
  if (isImageError(thrown)) return thrown.code === 'CANCELLED' ? cancelled(thrown, request, signal) : thrown;
  return new ImageError(`an unforeseen failure: ${thrown instanceof Error ? thrown.message : String(thrown)}`, {
    code: 'INTERNAL',
    origin: 'core',
    cause: thrown,
  });
}

/** A driver that was stopped says only that; the caller wants to know which copy it was. */
function cancelled(error: ImageError, { from, to }: Task['request'], signal: AbortSignal): ImageError {
  const { reason } = signal as { reason: unknown };
  const because = typeof reason === 'string' ? `: ${reason}` : '';
  const left = error.details['mayBeLeft'] === undefined ? '' : `; ${error.message}`;
  return new ImageError(`the copy of ${from} to ${to} was cancelled${because}${left}`, {
    code: 'CANCELLED',
    origin: 'caller',
    details: error.details,
    cause: error,
  });
}
