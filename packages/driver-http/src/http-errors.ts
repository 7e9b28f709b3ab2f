import { ImageError, isImageError } from '@image-api/driver';
import type { TransferRequest } from '@image-api/driver';
import { fileError, ofDriver } from '@image-api/host';
import type { FileFailure } from '@image-api/host';

/** An error known to have happened in this driver. */
export function ofHttp(error: unknown, untouched: boolean): ImageError {
  return ofDriver('http', error, untouched);
}

/** Why a call to a destination of this machine failed, by the system's own name for it. */
export function writeError(error: unknown, request: TransferRequest): Error {
  if (isImageError(error)) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  // A mistake of ours is no fault of a disk.
  if (typeof code !== 'string') return error as Error;
  return writeFailed(request, { host: 'local', errno: code, said: message, cause: error });
}

/**
 * The same of a destination elsewhere. What is not about the file stays as it is.
 *
 * @param found the system's own name for it, where asking the host has told
 */
export function fileProblem(error: ImageError, request: TransferRequest, found?: string): ImageError {
  const { host, action, errno = found, said } = error.details as Partial<FileFailure>;
  if (host === undefined || action === undefined) return error;
  return writeFailed(request, { host, cause: error, ...(errno !== undefined && { errno }), ...(said !== undefined && { said }) });
}

function writeFailed({ from, name }: TransferRequest, failure: Pick<FileFailure, 'host' | 'errno' | 'said' | 'cause'>): ImageError {
  const { size } = from.facts;
  const action = size === undefined ? 'write' : `write the ${size} bytes of`;
  const { message, code, origin, retryable, details, cause } = fileError({ side: 'destination', path: name.path, action, ...failure });
  // A disk that failed to take some bytes may have lost others, and then show them as if they were there. Nothing may go on from those.
  return new ImageError(message, { code, origin, retryable: retryable && failure.errno !== 'EIO', details, cause });
}

/** There is nobody to write to. */
export function noHost({ name }: TransferRequest): ImageError {
  return new ImageError(`${name.href} is on no host that is reached over ssh`, { code: 'UNSUPPORTED', origin: 'driver', untouched: true });
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
    `copying ${from.href} to ${name.href}: its disk took nothing for ${seconds} s; check that, and the way to it, then start the same copy again`,
    { code: 'STALLED', origin: 'core', retryable: true },
  );
}
