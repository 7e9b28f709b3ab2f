import type { ImageError } from '@image-api/driver';
import type { SftpChannel } from './sftp-channel.ts';
import { attributesOf, refused } from './sftp-error.ts';
import type { SftpPlace } from './sftp-error.ts';
import { fstatPacket, openPacket, statPacket } from './sftp-packet.ts';
import type { SftpAttributes, SftpPurpose } from './sftp-packet.ts';

const kindMask = 0o170000;
export const plainFile = 0o100000;
export const blockDevice = 0o060000;

/** How to open a file. */
export interface Opening {
  readonly purpose: SftpPurpose;
  /** Whether what is there is of a kind to open at all. */
  isKind(kind: number): boolean;
  /** What to fail with when it is not. */
  wrongKind(path: string, host: string): ImageError;
}

/** A file as its server names it while it is open. */
export interface OpenHandle {
  readonly handle: Buffer;
  readonly attributes: SftpAttributes;
}

/** Open what is there; nothing is made. */
export async function openHandle(channel: SftpChannel, place: SftpPlace, { purpose, isKind, wrongKind }: Opening): Promise<OpenHandle> {
  // To open a pipe would wait for ever.
  const found = attributesOf(place, await channel.ask((number) => statPacket(number, place.path)));
  if (!isKind(kindOf(found))) throw wrongKind(place.path, place.host);
  const opened = await channel.ask((number) => openPacket(number, place.path, purpose));
  if (opened.kind !== 'handle') throw refused(place, purpose, opened);
  const { handle } = opened;
  return { handle, attributes: attributesOf(place, await channel.ask((number) => fstatPacket(number, handle))) };
}

/** What does not tell counts as a plain file. */
export function kindOf({ mode = plainFile }: SftpAttributes): number {
  return mode & kindMask;
}
