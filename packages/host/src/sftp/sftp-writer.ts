import { setTimeout as sleep } from 'node:timers/promises';
import type { ImageError } from '@image-api/driver';
import { notOurs } from '../refusal.ts';
import { authorityText } from '../ssh-access.ts';
import { openHandle, plainFile } from './open-handle.ts';
import type { OpenHandle } from './open-handle.ts';
import { SftpChannel } from './sftp-channel.ts';
import { refused, unexpected } from './sftp-error.ts';
import type { SftpPlace } from './sftp-error.ts';
import type { SftpFile } from './open-sftp-reader.ts';
import { closePacket, extendedPacket, readPacket, resizePacket, writePacketHead } from './sftp-packet.ts';
import type { SftpAnswer } from './sftp-packet.ts';

/** Every server has to give, and to take, so many bytes at once. */
const surePart = 32 * 1024;
/** More at once is no faster. */
const longestPart = 128 * 1024;
/** How long a server has for what it was told before the end. */
const farewellMs = 400;
const ok = 0;
const endOfFile = 1;
/** Says of a server that it can tell when bytes are safe on the disk. */
export const syncing = 'fsync@openssh.com';
const limiting = 'limits@openssh.com';

/** How to write to a host. */
export interface SftpWriterOptions {
  /** Gives up the opening. What is open is ended by `close`. */
  readonly signal?: AbortSignal;
  /** A connection on which no answer has come for so long counts as lost. Default 30 000. */
  readonly silenceMs?: number;
  /** Where `PATH`, `HOME`, `TZ` and `SSH_AUTH_SOCK` are taken from. Default: `process.env`. */
  readonly environment?: NodeJS.ProcessEnv;
}

/**
 * A file of an ssh host that is there and is written in pieces, of which many may be under way at once. A connection that is lost is not made again: whoever
 * held the file may have lost it with the connection. All its errors are of a destination. Those about the file have `details` for `forSide`, and no
 * `errno` in them where the protocol has no number for what is wrong.
 */
export class SftpWriter {
  readonly #place: SftpPlace;
  readonly #channel: SftpChannel;
  readonly #handle: Buffer;
  readonly #partLength: number;

  private constructor(place: SftpPlace, channel: SftpChannel, { handle }: OpenHandle, partLength: number) {
    this.#place = place;
    this.#channel = channel;
    this.#handle = handle;
    this.#partLength = partLength;
  }

  /** Documented where it is exported. */
  static async open({ access, path }: SftpFile, { signal, silenceMs = 30_000, environment }: SftpWriterOptions): Promise<SftpWriter> {
    const place: SftpPlace = { host: authorityText(access), path, side: 'destination' };
    const ours = environment ?? process.env;
    const channel = await SftpChannel.open({ access, ours, silenceMs, side: place.side, ...(signal && { signal }) });
    const giveUp = (): void => void channel.close();
    signal?.addEventListener('abort', giveUp, { once: true });
    try {
      const isKind = (kind: number): boolean => kind === plainFile;
      const opened = await openHandle(channel, place, { purpose: 'write', isKind, wrongKind: notOurs });
      return new SftpWriter(place, channel, opened, await longestWrite(channel));
    } catch (error) {
      await channel.close();
      throw error;
    } finally {
      signal?.removeEventListener('abort', giveUp);
    }
  }

  /** Whether its server can tell when bytes are safe on the disk. */
  get canSync(): boolean {
    return this.#channel.extensions.has(syncing);
  }

  /**
   * Write all of the bytes, which must not change meanwhile. When it settles nothing of it is under way.
   *
   * @throws ImageError `WRITE_FAILED`, `DESTINATION_UNWRITABLE`; `UNREACHABLE`, `STALLED` when the connection is lost
   */
  async write(bytes: Uint8Array, at: number): Promise<void> {
    const parts: Promise<void>[] = [];
    for (let done = 0; done < bytes.length; done += this.#partLength)
      parts.push(this.#writePart(bytes.subarray(done, done + this.#partLength), at + done));
    const failed = (await Promise.allSettled(parts)).find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') throw failed.reason;
  }

  /** As many bytes as there are, up to `length`. */
  async read(at: number, length: number): Promise<Buffer> {
    const pieces: Buffer[] = [];
    for (let done = 0; done < length;) {
      const wanted = Math.min(surePart, length - done);
      const answer = await this.#channel.ask((number) => readPacket(number, this.#handle, at + done, wanted));
      if (answer.kind === 'status' && answer.code === endOfFile) break;
      if (answer.kind !== 'data') throw refused(this.#place, 'read', answer);
      if (answer.bytes.length === 0 || answer.bytes.length > wanted) throw unexpected(this.#place);
      pieces.push(Buffer.from(answer.bytes));
      done += answer.bytes.length;
    }
    return Buffer.concat(pieces);
  }

  /** Cut it off, or let it end with a hole. */
  async resize(size: number): Promise<void> {
    this.#check('change the size of', await this.#channel.ask((number) => resizePacket(number, this.#handle, size)));
  }

  /** Resolves when what was written would survive a power cut. Only where `canSync`. */
  async sync(): Promise<void> {
    this.#check('sync', await this.#channel.ask((number) => extendedPacket(number, syncing, this.#handle)));
  }

  /**
   * Let go of it. A server that answers has done by then all that it was told, and does nothing more.
   *
   * @param reason what is under way is given up, for that reason
   */
  async close(reason?: ImageError): Promise<void> {
    if (!reason && !this.#channel.failure) {
      const done = new AbortController();
      const closed = this.#channel.ask((number) => closePacket(number, this.#handle)).catch(() => undefined);
      await Promise.race([closed, sleep(farewellMs, undefined, { signal: done.signal }).catch(() => undefined)]);
      done.abort();
    }
    await this.#channel.close(reason);
  }

  async #writePart(bytes: Uint8Array, at: number): Promise<void> {
    const answer = await this.#channel.ask((number) => writePacketHead(number, this.#handle, at, bytes.length), bytes);
    this.#check('write', answer);
  }

  #check(action: string, answer: SftpAnswer): void {
    if (answer.kind !== 'status' || answer.code !== ok) throw refused(this.#place, action, answer);
  }
}

/** Bytes that one packet may bring, a power of two. */
async function longestWrite(channel: SftpChannel): Promise<number> {
  if (!channel.extensions.has(limiting)) return surePart;
  const answer = await channel.ask((number) => extendedPacket(number, limiting));
  return answer.kind === 'extended' ? writeLength(answer.bytes) : surePart;
}

/** Of a packet, a read, a write and open files, in this order; 0 where there is no limit. */
export function writeLength(limits: Buffer): number {
  if (limits.length < 24) return surePart;
  const most = Number(limits.readBigUInt64BE(16));
  return most === 0 ? longestPart : Math.max(1, Math.min(longestPart, 2 ** Math.floor(Math.log2(most))));
}
