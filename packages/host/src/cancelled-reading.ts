import { ImageError } from '@image-api/driver';
import { escapeControl } from './escape-control.ts';

/** Somebody who was reading a file was told to stop. */
export function cancelledReading(path: string, signal: AbortSignal): ImageError {
  return new ImageError(`reading ${escapeControl(path)} was cancelled`, { code: 'CANCELLED', origin: 'caller', cause: signal.reason });
}
