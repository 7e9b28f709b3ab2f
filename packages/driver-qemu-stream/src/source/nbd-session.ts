import type { Socket } from 'node:net';
import { isImageError } from '@image-api/driver';
import type { ImageError } from '@image-api/driver';
import type { AllocatedPiece, Extent } from '@image-api/host';
import { allocationOf } from '@image-api/host';

import type { Agreed } from './haggle.ts';
import type { IncomingBytes } from './incoming-bytes.ts';
import { chunkHead, errorChunk, flawOf, readRequest, requestLength, simpleReply } from './nbd-request.ts';
import type { NbdRequest } from './nbd-request.ts';
import type { ServedRange } from './read-ahead.ts';
import { allocationId, chunk, command, commandFlag, errno, holeAndZero, longestRead } from './nbd-words.ts';

/** No more than that is being read for, or waiting to be taken by, one client. */
const mostBytes = 2 * longestRead;
const mostRequests = 256;
/** Descriptors in one answer. */
const mostDescriptors = 4096;

/** One client that has come to terms. */
export interface NbdSessionOptions {
  readonly socket: Socket;
  readonly incoming: IncomingBytes;
  readonly reader: ServedRange;
  readonly agreed: Agreed;
  readonly signal: AbortSignal;
  readonly onFailure: (failure: ImageError) => void;
}

/** Answers one client until it leaves. */
export class NbdSession {
  readonly #options: NbdSessionOptions;
  #extents: readonly Extent[] | undefined;
  #bytes = 0;
  #requests = 0;
  #roomMade: () => void = () => undefined;

  constructor(options: NbdSessionOptions) {
    this.#options = options;
    void options.reader.extents().then((extents) => (this.#extents = extents));
  }

  /** @throws Error when the client left without a word, or does not speak the protocol */
  async run(): Promise<void> {
    const { incoming } = this.#options;
    for (;;) {
      const request = readRequest(await incoming.take(requestLength));
      if (!request) throw new Error('the client does not speak the protocol');
      if (request.kind === command.disconnect) break;
      if (request.kind === command.write) await skipWritten(incoming, request);
      await this.#room();
      void this.#serve(request);
    }
    while (this.#requests > 0) await this.#change();
  }

  async #serve(request: NbdRequest): Promise<void> {
    const cost = request.kind === command.read && request.length <= longestRead ? request.length : 0;
    this.#bytes += cost;
    this.#requests++;
    try {
      await this.#write(await this.#answer(request));
    } catch {
      this.#options.socket.destroy();
    } finally {
      this.#bytes -= cost;
      this.#requests--;
      this.#roomMade();
    }
  }

  async #answer(request: NbdRequest): Promise<readonly Uint8Array[]> {
    const { kind, length } = request;
    const { reader, agreed } = this.#options;
    if (kind === command.flush) return [this.#done(request)];
    if (kind === command.write || kind === command.trim || kind === command.writeZeroes)
      return [this.#refusal(request, errno.notPermitted, 'it is only to be read')];
    const isStatus = kind === command.blockStatus && agreed.allocation;
    if (kind !== command.read && kind !== command.cache && !isStatus) return [this.#refusal(request, errno.invalid, 'unknown command')];
    const flaw = flawOf(request, reader.size, kind === command.read ? longestRead : 0xffffffff);
    if (flaw !== 0) return [this.#refusal(request, flaw, 'there is no such piece')];
    if (kind === command.cache) return [this.#done(request)];
    if (isStatus) return [await this.#status(request)];
    try {
      return await this.#read(request, Number(request.offset), length);
    } catch (error) {
      if (isImageError(error) && error.code !== 'CANCELLED') this.#options.onFailure(error);
      return [this.#refusal(request, errno.inputOutput, error instanceof Error ? error.message : 'it cannot be read')];
    }
  }

  async #read(request: NbdRequest, offset: number, length: number): Promise<readonly Uint8Array[]> {
    const { reader, agreed, signal } = this.#options;
    if (!agreed.structured) return [simpleReply(request), await reader.read(offset, length, signal)];
    const whole = (request.flags & commandFlag.dontFragment) !== 0;
    const pieces = whole ? [{ offset, length, isHole: false }] : allocationOf(this.#extents, offset, length);
    const chunks = await Promise.all(pieces.map((piece, index) => this.#chunk(request, piece, index === pieces.length - 1)));
    return chunks.flat();
  }

  async #chunk(request: NbdRequest, { offset, length, isHole }: AllocatedPiece, isLast: boolean): Promise<readonly Uint8Array[]> {
    const own = Buffer.alloc(isHole ? 12 : 8);
    own.writeBigUInt64BE(BigInt(offset), 0);
    if (!isHole) {
      const bytes = await this.#options.reader.read(offset, length, this.#options.signal);
      return [chunkHead(request, chunk.data, isLast, own, length), bytes];
    }
    own.writeUInt32BE(length, 8);
    return [chunkHead(request, chunk.hole, isLast, own)];
  }

  async #status(request: NbdRequest): Promise<Buffer> {
    const extents = await this.#options.reader.extents();
    const most = (request.flags & commandFlag.onlyOne) === 0 ? mostDescriptors : 1;
    const pieces = allocationOf(extents, Number(request.offset), request.length).slice(0, most);
    const own = Buffer.alloc(4 + 8 * pieces.length);
    own.writeUInt32BE(allocationId, 0);
    pieces.forEach(({ length, isHole }, index) => {
      own.writeUInt32BE(length, 4 + 8 * index);
      own.writeUInt32BE(isHole ? holeAndZero : 0, 8 + 8 * index);
    });
    return chunkHead(request, chunk.blockStatus, true, own);
  }

  #done(request: NbdRequest): Buffer {
    return this.#options.agreed.structured ? chunkHead(request, chunk.none, true, Buffer.alloc(0)) : simpleReply(request);
  }

  #refusal(request: NbdRequest, failure: number, words: string): Buffer {
    return this.#options.agreed.structured ? errorChunk(request, failure, words) : simpleReply(request, failure);
  }

  /** All of an answer in one go, so that no other gets in between. Resolves when it is taken. */
  #write(pieces: readonly Uint8Array[]): Promise<void> {
    const { socket } = this.#options;
    return new Promise((resolve, reject) => {
      socket.cork();
      pieces.forEach((piece, index) => {
        if (index < pieces.length - 1) socket.write(piece);
        else socket.write(piece, (error) => (error ? reject(error) : resolve()));
      });
      socket.uncork();
    });
  }

  async #room(): Promise<void> {
    while (this.#bytes > mostBytes - longestRead || this.#requests >= mostRequests) await this.#change();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => (this.#roomMade = resolve));
  }
}

/** What somebody wants to write comes right behind the request, whether or not it is taken. */
async function skipWritten(incoming: IncomingBytes, { length }: NbdRequest): Promise<void> {
  if (length > longestRead) throw new Error('the client writes, and too much at that');
  await incoming.skip(length);
}
