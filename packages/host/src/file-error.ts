import { errorCodes, ImageError } from '@image-api/driver';
import type { ErrorCode } from '@image-api/driver';
import { escapeControl } from './escape-control.ts';

/** Which end of a copy a file belongs to: it decides between `SOURCE_…` and `DESTINATION_…`. */
export type Side = 'source' | 'destination';

/** One file operation that did not work. */
export interface FileFailure {
  readonly side: Side;
  /** `Host.id`. */
  readonly host: string;
  readonly path: string;
  /** A verb that goes before the path: `read`, `create`, `sync`. */
  readonly action: string;
  /** `ENOSPC`, `EACCES`…; absent when it is not known. */
  readonly errno?: string | undefined;
  /** The last words of the tool, when there are any. */
  readonly said?: string;
  readonly cause?: unknown;
}

interface Verdict {
  readonly source: ErrorCode;
  readonly destination: ErrorCode;
  readonly words: string;
  readonly retryable?: true;
}

const verdicts: Readonly<Record<string, Verdict>> = {
  ENOENT: { source: 'SOURCE_MISSING', destination: 'DESTINATION_UNWRITABLE', words: 'no such file or directory' },
  ENOTDIR: { source: 'SOURCE_MISSING', destination: 'DESTINATION_UNWRITABLE', words: 'a part of the path is not a directory' },
  EACCES: { source: 'SOURCE_UNREADABLE', destination: 'DESTINATION_UNWRITABLE', words: 'permission denied' },
  EPERM: { source: 'SOURCE_UNREADABLE', destination: 'DESTINATION_UNWRITABLE', words: 'operation not permitted' },
  EROFS: { source: 'SOURCE_UNREADABLE', destination: 'DESTINATION_UNWRITABLE', words: 'the filesystem is read-only' },
  ENOSPC: { source: 'NO_SPACE', destination: 'NO_SPACE', words: 'no space left on the filesystem' },
  EDQUOT: { source: 'NO_SPACE', destination: 'NO_SPACE', words: 'the disk quota is used up' },
  EFBIG: {
    source: 'NO_SPACE',
    destination: 'NO_SPACE',
    words: 'the filesystem, or a limit of the process, does not allow files this large',
  },
  EIO: { source: 'READ_FAILED', destination: 'WRITE_FAILED', words: 'input/output error', retryable: true },
  ESTALE: { source: 'READ_FAILED', destination: 'WRITE_FAILED', words: 'the file server lost the file', retryable: true },
  EEXIST: { source: 'READ_FAILED', destination: 'DESTINATION_EXISTS', words: 'it exists' },
  EISDIR: { source: 'SOURCE_KIND', destination: 'DESTINATION_KIND', words: 'it is a directory' },
  ELOOP: { source: 'SOURCE_KIND', destination: 'DESTINATION_KIND', words: 'it is a symbolic link, or a loop of them' },
  EBUSY: { source: 'READ_FAILED', destination: 'DESTINATION_BUSY', words: 'it is in use', retryable: true },
  ETXTBSY: { source: 'READ_FAILED', destination: 'DESTINATION_BUSY', words: 'it is being executed', retryable: true },
  ENAMETOOLONG: { source: 'BAD_PATH', destination: 'BAD_PATH', words: 'the name is too long' },
  EMFILE: { source: 'RESOURCES', destination: 'RESOURCES', words: 'too many open files', retryable: true },
  ENFILE: { source: 'RESOURCES', destination: 'RESOURCES', words: 'too many open files on the whole machine', retryable: true },
  ENOMEM: { source: 'RESOURCES', destination: 'RESOURCES', words: 'out of memory', retryable: true },
  EAGAIN: { source: 'RESOURCES', destination: 'RESOURCES', words: 'too many processes', retryable: true },
};

/** Judge one failed file operation. `details` hold errno, path and host, so that `forSide` can judge again. */
export function fileError({ cause, ...failure }: FileFailure): ImageError {
  const { side, errno, said } = failure;
  const verdict = errno === undefined ? undefined : verdicts[errno];
  const code = verdict?.[side] ?? (side === 'source' ? 'READ_FAILED' : 'WRITE_FAILED');
  const what = verdict?.words ?? (escapeControl(said?.trim() ?? '') || (errno ?? 'it failed and did not say why'));
  const place = `${escapeControl(failure.path)}${failure.host === 'local' ? '' : ` on ${failure.host}`}`;
  return new ImageError(`cannot ${failure.action} ${place}: ${what}; ${errorCodes[code].wayOut}`, {
    code,
    origin: originOf(code, side),
    retryable: verdict?.retryable ?? false,
    details: failure,
    cause,
  });
}

/**
 * The same failure seen from the other end of a copy. A host cannot know whether a path it looked at is a source or a
 * destination and calls it a source; whoever asked can. Errors that are not of a file come back as they are.
 */
export function forSide(error: ImageError, side: Side): ImageError {
  const { path, host, action } = error.details;
  if (typeof path !== 'string' || typeof host !== 'string' || typeof action !== 'string') return error;
  return fileError({ ...(error.details as unknown as FileFailure), side, cause: error.cause });
}

function originOf(code: ErrorCode, side: Side): 'caller' | 'source' | 'destination' | 'core' {
  if (code === 'BAD_PATH') return 'caller';
  if (code === 'RESOURCES') return 'core';
  return code === 'NO_SPACE' ? 'destination' : side;
}
