import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { ByteReader } from './byte-reader.ts';
import * as wire from './nbd-wire.ts';
import { shakeHands } from './shake-hands.ts';
import type { CommandName, ReplyHead, Stretch } from './nbd-wire.ts';

/** Larger than any answer that was asked for. */
const longestAnswer = 64 * 2 ** 20;

/** A request whose answer is not complete yet. */
interface Pending {
  readonly offset: number;
  readonly buffer: Buffer;
  stretches: Stretch[];
  error: number;
  settle(failure?: Error): void;
}

/** A client of one export of a storage daemon of ours. Several requests may be under way. */
export class NbdClient {
  /** In bytes. */
  readonly size: number;
  readonly #socket: Socket;
  readonly #reader: ByteReader;
  readonly #pending = new Map<bigint, Pending>();
  #lastHandle = 0n;
  #failure: Error | undefined;

  private constructor(socket: Socket, reader: ByteReader, size: number) {
    this.#socket = socket;
    this.#reader = reader;
    this.size = size;
    void this.#receive();
  }

  /** @throws Error when the daemon does not answer as it should, or has no such export */
  static async open(socketPath: string, exportName: string, signal: AbortSignal): Promise<NbdClient> {
    const socket = connect({ path: socketPath });
    socket.on('error', () => undefined);
    try {
      await once(socket, 'connect', { signal });
      const reader = new ByteReader(socket);
      const { size } = await shakeHands(socket, reader, exportName, 'with block status');
      return new NbdClient(socket, reader, size);
    } catch (error) {
      socket.destroy();
      throw error;
    }
  }

  async read(offset: number, length: number): Promise<Buffer> {
    return (await this.#ask('read', offset, length)).buffer;
  }

  /** Where zeros are, from `offset` on; the stretches may end before `length` bytes, and are at least one. */
  async blockStatus(offset: number, length: number): Promise<readonly Stretch[]> {
    return (await this.#ask('blockStatus', offset, length)).stretches;
  }

  async writeZeroes(offset: number, length: number): Promise<void> {
    await this.#ask('writeZeroes', offset, length);
  }

  close(): void {
    if (this.#socket.writable) this.#socket.write(wire.encodeRequest({ name: 'disconnect', handle: 0n, offset: 0, length: 0 }));
    this.#socket.destroySoon();
  }

  #ask(name: CommandName, offset: number, length: number): Promise<Pending> {
    return new Promise((resolve, reject) => {
      if (this.#failure) return reject(this.#failure);
      const handle = ++this.#lastHandle;
      const pending: Pending = {
        offset,
        buffer: Buffer.alloc(name === 'read' ? length : 0),
        stretches: [],
        error: 0,
        settle: (failure) => (failure ? reject(failure) : resolve(pending)),
      };
      this.#pending.set(handle, pending);
      this.#socket.write(wire.encodeRequest({ name, handle, offset, length }));
    });
  }

  async #receive(): Promise<void> {
    try {
      for (;;) await this.#receivePiece();
    } catch (error) {
      this.#failure = error instanceof Error ? error : new Error(String(error));
      this.#socket.destroy();
      for (const pending of this.#pending.values()) pending.settle(this.#failure);
    }
  }

  async #receivePiece(): Promise<void> {
    const head = await wire.decodeReply(await this.#reader.take(wire.simpleReplyLength), () => this.#reader.take(wire.structuredRest));
    const pending = head && this.#pending.get(head.handle);
    if (!pending || head.length > longestAnswer) throw new Error('the answer is not NBD');
    apply(pending, head, await this.#reader.take(head.length));
    if (!head.isLast) return;
    this.#pending.delete(head.handle);
    pending.settle(pending.error === 0 ? undefined : new Error(`NBD error ${pending.error}`));
  }
}

function apply(pending: Pending, { type, error }: ReplyHead, payload: Buffer): void {
  pending.error ||= error || (wire.decodeError(type, payload) ?? 0);
  if (type === wire.piece.blockStatus) pending.stretches = wire.decodeBlockStatus(payload);
  // Holes need nothing: the buffer is made of zeros.
  if (type === wire.piece.data) payload.copy(pending.buffer, Number(payload.readBigUInt64BE(0)) - pending.offset, 8);
}
