import type { ByteRange, ImageError } from '@image-api/driver';
import { notAnImage } from '../refusal.ts';
import { SftpChannel } from './sftp-channel.ts';
import type { ChannelOptions } from './sftp-channel.ts';
import { attributesOf, changedOver, refused, unexpected } from './sftp-error.ts';
import type { SftpPlace } from './sftp-error.ts';
import { blockDevice, openHandle, plainFile, kindOf } from './open-handle.ts';
import { closePacket, fstatPacket, readPacket, statPacket } from './sftp-packet.ts';
import type { SftpAttributes } from './sftp-packet.ts';

/** Every server has to give so many bytes at once. */
const partLength = 32 * 1024;
/** So many parts are asked for before the first has come, however many pieces they are of. */
const mostParts = 256;
const endOfFile = 1;

/** A file that is open over there. */
export class SftpFileHandle {
  readonly attributes: SftpAttributes;
  readonly #place: SftpPlace;
  readonly #channel: SftpChannel;
  readonly #handle: Buffer;
  readonly #queue: (() => void)[] = [];
  #parts = 0;

  private constructor(place: SftpPlace, channel: SftpChannel, handle: Buffer, attributes: SftpAttributes) {
    this.#place = place;
    this.#channel = channel;
    this.#handle = handle;
    this.attributes = attributes;
  }

  /** @throws ImageError those of `SftpChannel.open`, `SOURCE_MISSING`, `SOURCE_UNREADABLE`, `SOURCE_KIND`, `READ_FAILED` */
  static async open(place: SftpPlace, options: ChannelOptions): Promise<SftpFileHandle> {
    const channel = await SftpChannel.open(options);
    try {
      const isKind = (kind: number): boolean => kind === plainFile || kind === blockDevice;
      const { handle, attributes } = await openHandle(channel, place, { purpose: 'read', isKind, wrongKind: notAnImage });
      return new SftpFileHandle(place, channel, handle, attributes);
    } catch (error) {
      await channel.close();
      throw error;
    }
  }

  get isLost(): boolean {
    return this.#channel.failure !== undefined;
  }

  get isDevice(): boolean {
    return kindOf(this.attributes) === blockDevice;
  }

  /**
   * Exactly these bytes, into place.
   *
   * @param onPart told how many came
   */
  async read({ offset, length }: ByteRange, into: Uint8Array, onPart: (length: number) => void, signal: AbortSignal): Promise<void> {
    const parts: Promise<void>[] = [];
    for (let at = 0; at < length; at += partLength) {
      const part = { offset: offset + at, length: Math.min(partLength, length - at) };
      parts.push(this.#readPart(part, into.subarray(at, at + part.length), onPart, signal));
    }
    await Promise.all(parts);
  }

  /** What it is now, by the handle and by its name. */
  async look(): Promise<readonly SftpAttributes[]> {
    const { path } = this.#place;
    const [byHandle, byName] = await Promise.all([
      this.#channel.ask((number) => fstatPacket(number, this.#handle)),
      this.#channel.ask((number) => statPacket(number, path)),
    ]);
    return [attributesOf(this.#place, byHandle), attributesOf(this.#place, byName)];
  }

  /** What is being read is given up, for that reason. */
  async close(reason?: ImageError): Promise<void> {
    if (!this.isLost) void this.#channel.ask((number) => closePacket(number, this.#handle)).catch(() => undefined);
    await this.#channel.close(reason);
  }

  async #readPart(part: ByteRange, into: Uint8Array, onPart: (length: number) => void, signal: AbortSignal): Promise<void> {
    await this.#turn();
    try {
      // A server may give less than it was asked for.
      for (let at = 0; at < part.length;) {
        if (signal.aborted) return;
        const wanted = part.length - at;
        const from = part.offset + at;
        const answer = await this.#channel.ask((number) => readPacket(number, this.#handle, from, wanted));
        if (answer.kind === 'status' && answer.code === endOfFile) throw changedOver(this.#place, 'longer', `${from} bytes`);
        if (answer.kind !== 'data') throw refused(this.#place, 'read', answer);
        if (answer.bytes.length === 0 || answer.bytes.length > wanted) throw unexpected(this.#place);
        into.set(answer.bytes, at);
        at += answer.bytes.length;
        onPart(answer.bytes.length);
      }
    } finally {
      this.#parts--;
      this.#queue.shift()?.();
    }
  }

  async #turn(): Promise<void> {
    while (this.#parts >= mostParts) await new Promise<void>((resolve) => this.#queue.push(resolve));
    this.#parts++;
  }
}
