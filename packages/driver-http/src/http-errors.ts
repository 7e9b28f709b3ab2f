import { ImageError, isImageError } from '@image-api/driver';
import type { TransferRequest } from '@image-api/driver';
import { fileError, ofDriver } from '@image-api/host';

/** An error known to have happened in this driver. */
export function ofHttp(error: unknown, untouched: boolean): ImageError {
  return ofDriver('http', error, untouched);
}

/** Why a call to the destination failed, by the system's own name for it. */
export function writeError(error: unknown, { from, name }: TransferRequest): Error {
  if (isImageError(error)) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  // A mistake of ours is no fault of a disk.
  if (typeof code !== 'string') return error as Error;
  const { size } = from.facts;
  const judged = fileError({
    side: 'destination',
    host: 'local',
    path: name.path,
    action: size === undefined ? 'write' : `write the ${size} bytes of`,
    errno: code,
    said: message,
    cause: error,
  });
  // A disk that failed to take some bytes may have lost others, and then show them as if they were there. Nothing may go on from those.
  const retryable = judged.retryable && code !== 'EIO';
  return new ImageError(judged.message, { code: judged.code, origin: judged.origin, retryable, details: judged.details, cause: error });
}

/** What was opened is no file. */
export function wrongKind({ name }: TransferRequest): ImageError {
  return new ImageError(`${name.href} is not a file; name an image`, { code: 'DESTINATION_KIND', origin: 'destination' });
}

/** It is not what was planned from, or what an earlier try began with. */
export function replaced({ from }: TransferRequest, was: string, is: string): ImageError {
  return new ImageError(`${from.href} was replaced since the copy began; start the copy again`, {
    code: 'SOURCE_CHANGED',
    origin: 'source',
    details: { was, is },
  });
}

/** The caller does not want it any more. */
export function cancelled({ from }: TransferRequest, signal: AbortSignal): ImageError {
  return new ImageError(`copying ${from.href} was cancelled`, { code: 'CANCELLED', origin: 'caller', cause: signal.reason });
}

/** A piece that was not taken by the disk. */
export function diskStalled({ from, name }: TransferRequest, stallMs: number): ImageError {
  const seconds = Math.round(stallMs / 100) / 10;
  return new ImageError(
    `copying ${from.href} to ${name.href}: the disk did nothing for ${seconds} s; check the disk, then start the same copy again`,
    { code: 'STALLED', origin: 'core', retryable: true },
  );
}
