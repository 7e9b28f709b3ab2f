import { ImageError } from '@image-api/driver';
import { escapeControl } from '../escape-control.ts';
import { fileError } from '../file-error.ts';
import type { Side } from '../file-error.ts';
import type { SftpAnswer, SftpAttributes } from './sftp-packet.ts';

/** The few numbers the protocol has for what is wrong. */
const errnos: Readonly<Record<number, string>> = { 2: 'ENOENT', 3: 'EACCES' };

/** Where it happened. */
export interface SftpPlace {
  readonly host: string;
  readonly path: string;
  readonly side: Side;
}

/** What a refusal means. It has no number for most of what a disk may have against a file: `details` have no `errno` then. */
function refusalOf({ host, path, side }: SftpPlace, action: string, code: number, words: string): ImageError {
  const errno = errnos[code];
  return fileError({ side, host, path, action, said: words, ...(errno === undefined ? {} : { errno }) });
}

export function unexpected({ host, path, side }: SftpPlace): ImageError {
  const doing = side === 'source' ? 'read' : 'write';
  return new ImageError(
    `cannot ${doing} ${escapeControl(path)} on ${host}: it answers something else than what it was asked for; check that host`,
    {
      code: side === 'source' ? 'READ_FAILED' : 'WRITE_FAILED',
      origin: side,
    },
  );
}

/** Of an answer that is not what was asked for. @param action a verb that goes before the path */
export function refused(place: SftpPlace, action: string, answer: SftpAnswer): ImageError {
  return answer.kind === 'status' ? refusalOf(place, action, answer.code, answer.words) : unexpected(place);
}

/** What a file is, by an answer that should tell. */
export function attributesOf(place: SftpPlace, answer: SftpAnswer): SftpAttributes {
  if (answer.kind === 'attributes') return answer.attributes;
  throw refused(place, 'look at', answer);
}

/** It is no longer what it was. */
export function changedOver({ host, path }: SftpPlace, was: string, is: string): ImageError {
  return new ImageError(`${escapeControl(path)} on ${host} changed while it was read; copy a source nobody writes to, such as a snapshot`, {
    code: 'SOURCE_CHANGED',
    origin: 'source',
    details: { was, is },
  });
}
