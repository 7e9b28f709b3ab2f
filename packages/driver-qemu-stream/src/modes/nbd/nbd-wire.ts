/** The numbers and layouts of the NBD protocol that a client of `qemu-storage-daemon` needs. All pure. */

export const option = { structuredReply: 8, go: 7, setMetaContext: 10 } as const;
export const reply = { ack: 1, info: 3, metaContext: 4 } as const;
export const command = { read: 0, disconnect: 2, writeZeroes: 6, blockStatus: 7 } as const;
export type CommandName = keyof typeof command;

/** Of a piece of an answer. */
export const piece = { none: 0, data: 1, hole: 2, blockStatus: 5 } as const;
const errorBit = 0x8000;
const lastPieceFlag = 1;

const newstyle = Buffer.from('NBDMAGICIHAVEOPT');
const optionMagic = newstyle.subarray(8);
const optionReplyMagic = 0x3e889045565a9n;
const requestMagic = 0x25609513;
const simpleMagic = 0x67446698;
const structuredMagic = 0x668e33ef;

/** Fixed newstyle, and no padding after the handshake. */
export const clientFlags: Buffer = Buffer.from([0, 0, 0, 3]);
export const greetingLength = 18;
export const optionReplyLength = 20;
/** What simple and structured answers have in common: their magic, and what follows up to the end of a simple one. */
export const simpleReplyLength = 16;
/** What a structured answer has beyond a simple one. */
export const structuredRest = 4;

export function isGreeting(bytes: Buffer): boolean {
  return bytes.subarray(0, 16).equals(newstyle);
}

export function encodeOption(code: number, data: Buffer = Buffer.alloc(0)): Buffer {
  return Buffer.concat([optionMagic, uint32(code), uint32(data.length), data]);
}

export function encodeGo(exportName: string): Buffer {
  return encodeOption(option.go, Buffer.concat([named(exportName), Buffer.alloc(2)]));
}

/** Ask for what is to be told of an export's parts. */
export function encodeMetaContext(exportName: string, contexts: readonly string[]): Buffer {
  return encodeOption(option.setMetaContext, Buffer.concat([named(exportName), uint32(contexts.length), ...contexts.map(named)]));
}

/** The number by which a context that the server has is known from then on. */
export function decodeMetaContext(bytes: Buffer): readonly [id: number, context: string] | undefined {
  return bytes.length < 4 ? undefined : [bytes.readUInt32BE(0), bytes.toString('utf8', 4)];
}

/** Types from 2^31 on are refusals. */
export function decodeOptionReply(bytes: Buffer): { readonly type: number; readonly length: number } | undefined {
  if (bytes.readBigUInt64BE(0) !== optionReplyMagic) return undefined;
  return { type: bytes.readUInt32BE(12), length: bytes.readUInt32BE(16) };
}

/** What a refused option means. */
export function refusalWords(type: number, data: Buffer): string {
  const said = data
    .toString()
    .replaceAll(/\p{Cc}/gu, ' ')
    .trim();
  return `${refusals[type] ?? `the server refuses (${type})`}${said === '' ? '' : `: ${said}`}`;
}

const refusals: Readonly<Record<number, string>> = {
  0x80000001: 'the server is too old: it knows no exports with names',
  0x80000002: 'the server does not allow it',
  0x80000005: 'the server wants TLS, which cannot be spoken here',
  0x80000006: 'the server has no such export',
};

/** What a server says of an export. */
export interface ExportFacts {
  /** In bytes. */
  readonly size: number;
  readonly isReadOnly: boolean;
}

/** What an answer says of the export; `undefined` where it is about something else. */
export function decodeExport(bytes: Buffer): ExportFacts | undefined {
  if (bytes.length < 12 || bytes.readUInt16BE(0) !== 0) return undefined;
  return { size: Number(bytes.readBigUInt64BE(2)), isReadOnly: (bytes.readUInt16BE(10) & 2) !== 0 };
}

export interface Request {
  readonly name: CommandName;
  readonly handle: bigint;
  readonly offset: number;
  readonly length: number;
}

export function encodeRequest({ name, handle, offset, length }: Request): Buffer {
  const bytes = Buffer.alloc(28);
  bytes.writeUInt32BE(requestMagic, 0);
  bytes.writeUInt16BE(command[name], 6);
  bytes.writeBigUInt64BE(handle, 8);
  bytes.writeBigUInt64BE(BigInt(offset), 16);
  bytes.writeUInt32BE(length, 24);
  return bytes;
}

/** The head of an answer, or of one piece of it. */
export interface ReplyHead {
  readonly handle: bigint;
  readonly isLast: boolean;
  readonly type: number;
  /** NBD's errno of a simple answer; 0 is none. */
  readonly error: number;
  readonly length: number;
}

/** `rest` is asked for when the answer is a structured one. */
export async function decodeReply(bytes: Buffer, rest: () => Promise<Buffer>): Promise<ReplyHead | undefined> {
  const magic = bytes.readUInt32BE(0);
  const handle = bytes.readBigUInt64BE(8);
  if (magic === simpleMagic) return { handle, isLast: true, type: piece.none, error: bytes.readUInt32BE(4), length: 0 };
  if (magic !== structuredMagic) return undefined;
  const length = (await rest()).readUInt32BE(0);
  return { handle, isLast: (bytes.readUInt16BE(4) & lastPieceFlag) !== 0, type: bytes.readUInt16BE(6), error: 0, length };
}

/** NBD's errno in a piece that tells of an error. */
export function decodeError(type: number, payload: Buffer): number | undefined {
  if ((type & errorBit) === 0) return undefined;
  return payload.length >= 4 ? payload.readUInt32BE(0) : -1;
}

/** A stretch of an export that is alike. */
export interface Stretch {
  readonly length: number;
  /** A reader sees zeros there. */
  readonly isZero: boolean;
}

/** The same in the words of any context. */
export interface StatusStretch {
  readonly length: number;
  /** What they mean depends on the context. */
  readonly flags: number;
}

/** What one context says. */
export interface BlockStatus {
  /** Of the context. */
  readonly id: number;
  readonly stretches: readonly StatusStretch[];
}

export function decodeBlockStatus(payload: Buffer): BlockStatus | undefined {
  if (payload.length < 4) return undefined;
  const stretches: StatusStretch[] = [];
  for (let at = 4; at + 8 <= payload.length; at += 8) {
    stretches.push({ length: payload.readUInt32BE(at), flags: payload.readUInt32BE(at + 4) });
  }
  return { id: payload.readUInt32BE(0), stretches };
}

/** What the context `base:allocation` says. */
export function zerosOf({ length, flags }: StatusStretch): Stretch {
  return { length, isZero: (flags & 2) !== 0 };
}

function named(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([uint32(bytes.length), bytes]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
