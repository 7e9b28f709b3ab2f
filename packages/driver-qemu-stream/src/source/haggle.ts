import type { Socket } from 'node:net';
import type { IncomingBytes } from './incoming-bytes.ts';
import { answerMetaContext } from './meta-context.ts';
import {
  greeting,
  handshake,
  information,
  longestRead,
  option,
  optionMagic,
  optionReply,
  optionReplyMagic,
  transmissionFlags,
} from './nbd-words.ts';

const longestOption = 8192;
/** Nobody has so much to haggle over. */
const mostOptions = 64;

/** What there is to be had. */
export interface Offered {
  readonly exportName: string;
  readonly size: number;
}

/** What a client wants. */
export interface Agreed {
  /** Answers in chunks, which may be holes. */
  readonly structured: boolean;
  /** Asks where the holes are. */
  readonly allocation: boolean;
}

/**
 * Greet a client and come to terms with it.
 *
 * @returns `undefined` when it wants nothing more
 * @throws Error when it leaves, or does not speak the protocol
 */
export async function haggle(socket: Socket, incoming: IncomingBytes, offered: Offered): Promise<Agreed | undefined> {
  socket.write(Buffer.concat([greeting, Buffer.from([0, handshake.fixedNewstyle | handshake.noZeroes])]));
  const clientFlags = (await incoming.take(4)).readUInt32BE(0);
  if ((clientFlags & ~(handshake.fixedNewstyle | handshake.noZeroes)) !== 0) throw new Error('the client wants what nobody offered');
  const state: Haggling = {
    socket,
    incoming,
    offered,
    padded: (clientFlags & handshake.noZeroes) === 0,
    structured: false,
    allocation: false,
  };
  for (let count = 0; count < mostOptions; count++) {
    const outcome = await hearOption(state);
    if (outcome === 'abort') return undefined;
    if (outcome === 'go') return { structured: state.structured, allocation: state.allocation };
  }
  throw new Error('the client never comes to terms');
}

interface Haggling {
  readonly socket: Socket;
  readonly incoming: IncomingBytes;
  readonly offered: Offered;
  readonly padded: boolean;
  structured: boolean;
  allocation: boolean;
}

type Outcome = 'on' | 'go' | 'abort';

async function hearOption(state: Haggling): Promise<Outcome> {
  const { socket, incoming } = state;
  const head = await incoming.take(16);
  if (head.readBigUInt64BE(0) !== optionMagic) throw new Error('the client does not speak the protocol');
  const kind = head.readUInt32BE(8);
  const length = head.readUInt32BE(12);
  if (length > longestOption) return tooBig(state, kind, length);
  const data = await incoming.take(length);
  const reply = (type: number, said: Buffer = Buffer.alloc(0)): void => void socket.write(optionReplyOf(kind, type, said));
  switch (kind) {
    case option.exportName:
      return byName(state, data);
    case option.abort:
      reply(optionReply.acknowledged);
      return 'abort';
    case option.list:
      if (length === 0) reply(optionReply.server, withLength(Buffer.from(state.offered.exportName)));
      reply(length === 0 ? optionReply.acknowledged : optionReply.invalid);
      return 'on';
    case option.info:
    case option.go:
      return informed(state, data, reply) && kind === option.go ? 'go' : 'on';
    case option.structuredReply:
      state.structured ||= length === 0;
      reply(length === 0 ? optionReply.acknowledged : optionReply.invalid);
      return 'on';
    case option.listMetaContext:
    case option.setMetaContext: {
      const { replies, chosen } = answerMetaContext(data, state, kind === option.setMetaContext);
      if (kind === option.setMetaContext) state.allocation = chosen;
      for (const { type, said } of replies) reply(type, said);
      return 'on';
    }
    default:
      reply(optionReply.unsupported);
      return 'on';
  }
}

async function tooBig({ socket, incoming }: Haggling, kind: number, length: number): Promise<Outcome> {
  if (length > 1024 * 1024) throw new Error('the client says too much');
  await incoming.skip(length);
  socket.write(optionReplyOf(kind, optionReply.tooBig, Buffer.alloc(0)));
  return 'on';
}

/** The older way, which knows no refusal but to hang up. */
function byName({ socket, offered, padded }: Haggling, name: Buffer): Outcome {
  if (name.toString() !== offered.exportName) throw new Error('the client asks for what is not there');
  const answer = Buffer.alloc(10 + (padded ? 124 : 0));
  answer.writeBigUInt64BE(BigInt(offered.size), 0);
  answer.writeUInt16BE(transmissionFlags, 8);
  socket.write(answer);
  return 'go';
}

/** All of the information there is fits to any request. */
function informed({ offered }: Haggling, data: Buffer, reply: (type: number, said?: Buffer) => void): boolean {
  const name = nameAsked(data);
  if (name !== offered.exportName) {
    reply(name === undefined ? optionReply.invalid : optionReply.unknown);
    return false;
  }
  reply(optionReply.information, exportInformation(offered.size));
  reply(optionReply.information, blockInformation());
  reply(optionReply.acknowledged);
  return true;
}

/** A length, a name, the number of requests, and two bytes for each. */
function nameAsked(data: Buffer): string | undefined {
  const nameLength = data.length >= 6 ? data.readUInt32BE(0) : Number.NaN;
  const requests = data.length >= nameLength + 6 ? data.readUInt16BE(4 + nameLength) : Number.NaN;
  return data.length === 6 + nameLength + 2 * requests ? data.toString('utf8', 4, 4 + nameLength) : undefined;
}

function exportInformation(size: number): Buffer {
  const said = Buffer.alloc(12);
  said.writeUInt16BE(information.export, 0);
  said.writeBigUInt64BE(BigInt(size), 2);
  said.writeUInt16BE(transmissionFlags, 10);
  return said;
}

/** The least, the best, and the most that may be asked for at once. */
function blockInformation(): Buffer {
  const said = Buffer.alloc(14);
  said.writeUInt16BE(information.blockSize, 0);
  said.writeUInt32BE(1, 2);
  said.writeUInt32BE(64 * 1024, 6);
  said.writeUInt32BE(longestRead, 10);
  return said;
}

function optionReplyOf(kind: number, type: number, said: Buffer): Buffer {
  const head = Buffer.alloc(20);
  head.writeBigUInt64BE(optionReplyMagic, 0);
  head.writeUInt32BE(kind, 8);
  head.writeUInt32BE(type, 12);
  head.writeUInt32BE(said.length, 16);
  return Buffer.concat([head, said]);
}

function withLength(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
