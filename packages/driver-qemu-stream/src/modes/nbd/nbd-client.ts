import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { ByteReader } from './byte-reader.ts';
import * as wire from './nbd-wire.ts';
import { shakeHands } from './shake-hands.ts';
import type { OpenExport } from './shake-hands.ts';
import type { BlockStatus, CommandName, ReplyHead, StatusStretch, Stretch } from './nbd-wire.ts';

/** Where zeros are. */
const zeros = 'base:allocation';
/** Larger than any answer that was asked for. */
const longestAnswer = 64 * 2 ** 20;

/** A request whose answer is not complete yet. */
interface Pending {
  readonly offset: number;
  readonly buffer: Buffer;
  readonly statuses: BlockStatus[];
  error: number;
  settle(failure?: Error): void;
}

/** A client of one export of a storage daemon of ours. Several requests may be under way. */
export class NbdClient {
  /** In bytes. */
  readonly size: number;
  readonly #contexts: ReadonlyMap<number, string>;
  readonly #socket: Socket;
  readonly #reader: ByteReader;
  readonly #pending = new Map<bigint, Pending>();
  #lastHandle = 0n;
  #failure: Error | undefined;

  private constructor(socket: Socket, reader: ByteReader, { size, contexts }: OpenExport) {
    this.#socket = socket;
    this.#reader = reader;
    this.size = size;
    this.#contexts = contexts;
    void this.#receive();
  }

  /**
   * @param contexts what can be asked of its parts. Default: where zeros are
   * @throws Error when the daemon does not answer as it should, or has no such export
   */
  static async open(
    socketPath: string,
    exportName: string,
    signal: AbortSignal,
    contexts: readonly string[] = [zeros],
  ): Promise<NbdClient> {
    const socket = connect({ path: socketPath });
    socket.on('error', () => undefined);
    try {
      await once(socket, 'connect', { signal });
      const reader = new ByteReader(socket);
      return new NbdClient(socket, reader, await shakeHands(socket, reader, exportName, contexts));
    } catch (error) {
      socket.destroy();
      throw error;
    }
  }

  /** Whether the server still has this connection, as far as is known. */
  get isOpen(): boolean {
    return !this.#socket.destroyed;
  }

  async read(offset: number, length: number): Promise<Buffer> {
    return (await this.#ask('read', offset, length)).buffer;
  }

  /** Where zeros are, from `offset` on; the stretches may end before `length` bytes, and are at least one. */
  async blockStatus(offset: number, length: number): Promise<readonly Stretch[]> {
    return ((await this.statuses(offset, length)).get(zeros) ?? []).map(wire.zerosOf);
  }

  /** What each context says, from `offset` on; each may end somewhere else. */
  async statuses(offset: number, length: number): Promise<ReadonlyMap<string, readonly StatusStretch[]>> {
    const { statuses } = await this.#ask('blockStatus', offset, length);
    return new Map(statuses.map(({ id, stretches }) => [this.#contexts.get(id) ?? '', stretches]));
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
        statuses: [],
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
  const status = type === wire.piece.blockStatus ? wire.decodeBlockStatus(payload) : undefined;
  if (status) pending.statuses.push(status);
  // Holes need nothing: the buffer is made of zeros.
  if (type === wire.piece.data) payload.copy(pending.buffer, Number(payload.readBigUInt64BE(0)) - pending.offset, 8);
}
