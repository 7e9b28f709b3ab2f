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
