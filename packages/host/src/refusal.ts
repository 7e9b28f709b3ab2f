import { ImageError } from '@image-api/driver';
import { escapeControl } from './escape-control.ts';

/** Somebody else holds it. */
export function heldByAnother(path: string, host: string): ImageError {
  return new ImageError(`${place(path, host)} is being written by another copy; wait for it, or cancel it`, {
    code: 'DESTINATION_BUSY',
    origin: 'destination',
    retryable: true,
    untouched: true,
    details: { path, host },
  });
}

/** What has the name is not a staging file of ours: somebody may have put it there to make us write elsewhere. */
export function notOurs(path: string, host: string): ImageError {
  return new ImageError(
    `${place(path, host)} is not a plain file of this user's own with a single name; look at what it is, and remove it`,
    {
      code: 'DESTINATION_KIND',
      origin: 'destination',
      untouched: true,
      details: { path, host },
    },
  );
}

/** A mount, a RAID, a swap or another claim has it. */
export function deviceInUse(path: string, cause: unknown): ImageError {
  return new ImageError(
    `${place(path, 'local')} is in use (mounted, or part of something that is, or being written by another copy); free it first`,
    {
      code: 'DESTINATION_BUSY',
      origin: 'destination',
      retryable: true,
      untouched: true,
      details: { path, host: 'local' },
      cause,
    },
  );
}

/** No tool over there opens a device exclusively and keeps it open. */
export function deviceElsewhere(path: string, host: string): ImageError {
  return new ImageError(
    `${place(path, host)} is a block device, and over ssh nothing can keep others from using it meanwhile; copy to it on ${host} itself, or to a file`,
    {
      code: 'UNSUPPORTED',
      origin: 'destination',
      untouched: true,
      details: { path, host },
    },
  );
}

/** Given up before anything was held. */
export function claimCancelled(path: string, host: string, signal: AbortSignal | undefined): ImageError {
  return new ImageError(`claiming ${place(path, host)} was cancelled`, {
    code: 'CANCELLED',
    origin: 'caller',
    untouched: true,
    cause: signal?.reason,
  });
}

/** Somebody else may hold it by now. `cause` is what is known of the connection. */
export function claimLost(path: string, host: string, cause: unknown): ImageError {
  return new ImageError(
    `${place(path, host)} is no longer held by us: the connection was lost, or what held it there was ended; start the same copy again`,
    {
      code: 'UNREACHABLE',
      origin: 'core',
      retryable: true,
      details: { path, host },
      cause,
    },
  );
}

/** Reading it would wait for ever, or never end. */
export function notAnImage(path: string, host: string): ImageError {
  return new ImageError(`${place(path, host)} is not a file or a block device; name an image`, {
    code: 'SOURCE_KIND',
    origin: 'source',
    untouched: true,
    details: { path, host },
  });
}

function place(path: string, host: string): string {
  return `${escapeControl(path)}${host === 'local' ? '' : ` on ${host}`}`;
}
