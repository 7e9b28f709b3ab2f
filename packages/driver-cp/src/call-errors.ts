import { ImageError, isImageError } from '@image-api/driver';
import type { TransferRequest } from '@image-api/driver';
import { fileError } from '@image-api/host';
import type { Side } from '@image-api/host';

/** A call of the system that failed. */
export interface FailedCall {
  readonly error: unknown;
  readonly side: Side;
  readonly request: TransferRequest;
  /** Whether it is certain that no byte was written. */
  readonly untouched: boolean;
}

/** Why a call failed, by the system's own name for it. */
export function callError({ error, side, request, untouched }: FailedCall): ImageError {
  if (isImageError(error)) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  // A mistake of ours is no fault of a disk.
  if (typeof code !== 'string') throw error;
  const judged = fileError({
    side,
    host: 'local',
    path: side === 'source' ? request.from.path : request.name.path,
    action: side === 'source' ? 'read' : `write the ${request.from.facts.size ?? 0} bytes of`,
    errno: code,
    said: message,
    cause: error,
  });
  return new ImageError(judged.message, {
    code: judged.code,
    origin: judged.origin,
    driver: 'cp',
    retryable: judged.retryable && !losesBytes(side, code),
    untouched,
    details: judged.details,
    cause: error,
  });
}

/**
 * A disk that failed to take some bytes may have lost others, of which the system tells once or not at all, and then shows as if they were
 * there. Nothing may go on from those.
 */
function losesBytes(side: Side, errno: string): boolean {
  return side === 'destination' && errno === 'EIO';
}

/** What was opened is neither a file nor a block device. */
export function wrongKind(side: Side, { from, name }: TransferRequest): ImageError {
  const isSource = side === 'source';
  return new ImageError(`${(isSource ? from : name).href} is neither a file nor a block device; name an image`, {
    code: isSource ? 'SOURCE_KIND' : 'DESTINATION_KIND',
    origin: side,
    driver: 'cp',
    untouched: true,
  });
}

/** The caller does not want it any more. */
export function cancelled({ from }: TransferRequest, signal: AbortSignal): ImageError {
  return new ImageError(`copying ${from.href} was cancelled`, {
    code: 'CANCELLED',
    origin: 'caller',
    driver: 'cp',
    cause: signal.reason,
  });
}

/** The source ends before its size: somebody cut it while it was copied. */
export function cutShort({ from }: TransferRequest, at: number): ImageError {
  return new ImageError(
    `${from.href} was cut while it was copied, byte ${at} is gone; copy it when nobody writes to it, or a snapshot of it`,
    {
      code: 'SOURCE_CHANGED',
      origin: 'source',
      driver: 'cp',
    },
  );
}

/** A piece that did not get through. */
export function stalled({ from, name }: TransferRequest, stallMs: number): ImageError {
  const seconds = Math.round(stallMs / 100) / 10;
  return new ImageError(
    `copying ${from.href} to ${name.href}: the disk did nothing for ${seconds} s; check the disks, then start the same copy again`,
    { code: 'STALLED', origin: 'core', driver: 'cp', retryable: true },
  );
}
