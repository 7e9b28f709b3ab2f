import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { ByteReader } from './byte-reader.ts';

const optionMagic = 0x49484156454f5054n;
const optionReplyMagic = 0x0003e889045565a9n;
const requestMagic = 0x25609513;
const replyMagic = 0x67446698;
const option = { go: 7 } as const;
const optionReply = { acknowledged: 1, information: 3 } as const;
const command = { read: 0, disconnect: 2 } as const;

/** A client of an NBD server, as a guest's disk is one: it reads, and stays until it is closed. */
export class NbdClient {
  readonly #socket: Socket;
  readonly #reader: ByteReader;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#reader = new ByteReader(socket);
  }

  /** @throws Error when nobody answers, or the export is refused */
  static async open(at: { path: string } | { host: string; port: number }, exportName: string): Promise<NbdClient> {
    const socket = connect(at);
    await once(socket, 'connect');
    const client = new NbdClient(socket);
    await client.#greet(exportName);
    return client;
  }

  /** @throws Error when the server refuses, or is gone */
  async read(at: number, length: number): Promise<Buffer> {
    this.#socket.write(requestOf(command.read, at, length));
    const reply = await this.#reader.take(16);
    if (reply.readUInt32BE(0) !== replyMagic) throw new Error('the NBD server does not speak its protocol');
    const errno = reply.readUInt32BE(4);
    if (errno !== 0) throw new Error(`the NBD server refused to read ${length} bytes at ${at}: error ${errno}`);
    return this.#reader.take(length);
  }

  async close(): Promise<void> {
    if (this.#socket.destroyed) return;
    this.#socket.end(requestOf(command.disconnect, 0, 0));
    await once(this.#socket, 'close');
  }

  async #greet(exportName: string): Promise<void> {
    const hello = await this.#reader.take(18);
    if (hello.toString('latin1', 0, 16) !== 'NBDMAGICIHAVEOPT') throw new Error('this is no NBD server of the newer kind');
    // Fixed newstyle, and no padding if the server can do without.
    const flags = Buffer.alloc(4);
    flags.writeUInt32BE(hello.readUInt16BE(16) & 3);
    this.#socket.write(Buffer.concat([flags, goOption(exportName)]));
    for (;;) {
      const reply = await this.#reader.take(20);
      if (reply.readBigUInt64BE(0) !== optionReplyMagic) throw new Error('the NBD server does not speak its protocol');
      const kind = reply.readUInt32BE(12);
      const said = await this.#reader.take(reply.readUInt32BE(16));
      if (kind === optionReply.acknowledged) return;
      if (kind !== optionReply.information) throw new Error(`the NBD server refused ${JSON.stringify(exportName)}: ${said.toString()}`);
    }
  }
}

function goOption(exportName: string): Buffer {
  const name = Buffer.from(exportName);
  const head = Buffer.alloc(20);
  head.writeBigUInt64BE(optionMagic, 0);
  head.writeUInt32BE(option.go, 8);
  head.writeUInt32BE(4 + name.length + 2, 12);
  head.writeUInt32BE(name.length, 16);
  return Buffer.concat([head, name, Buffer.alloc(2)]);
}

function requestOf(kind: number, at: number, length: number): Buffer {
  const request = Buffer.alloc(28);
  request.writeUInt32BE(requestMagic, 0);
  request.writeUInt16BE(kind, 6);
  request.writeBigUInt64BE(BigInt(at), 16);
  request.writeUInt32BE(length, 24);
  return request;
}
