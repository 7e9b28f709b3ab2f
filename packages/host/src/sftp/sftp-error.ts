import { ImageError } from '@image-api/driver';
import { escapeControl } from '../escape-control.ts';
import { fileError } from '../file-error.ts';

/** The few numbers the protocol has for what is wrong. */
const errnos: Readonly<Record<number, string>> = { 2: 'ENOENT', 3: 'EACCES' };

/** Where it happened. */
export interface SftpPlace {
  readonly host: string;
  readonly path: string;
}

/** What a refusal means. */
export function refusalOf({ host, path }: SftpPlace, action: string, code: number, words: string): ImageError {
  const errno = errnos[code];
  return fileError({ side: 'source', host, path, action, said: words, ...(errno === undefined ? {} : { errno }) });
}

export function unexpected({ host, path }: SftpPlace): ImageError {
  return new ImageError(
    `cannot read ${escapeControl(path)} on ${host}: it answers something else than what it was asked for; check that host`,
    {
      code: 'READ_FAILED',
      origin: 'source',
    },
  );
}

/** It is no longer what it was. */
export function changedOver({ host, path }: SftpPlace, was: string, is: string): ImageError {
  return new ImageError(`${escapeControl(path)} on ${host} changed while it was read; copy a source nobody writes to, such as a snapshot`, {
    code: 'SOURCE_CHANGED',
    origin: 'source',
    details: { was, is },
  });
}
