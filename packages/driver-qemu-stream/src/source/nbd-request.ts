import { chunk, chunkDone, chunkMagic, errno, requestMagic, simpleReplyMagic } from './nbd-words.ts';

export const requestLength = 28;

/** What a client asks. */
export interface NbdRequest {
  readonly flags: number;
  readonly kind: number;
  /** Whatever the client chose, to know the answer by. */
  readonly cookie: bigint;
  readonly offset: bigint;
  readonly length: number;
}

/** `undefined` when it is none: who sends such a thing has lost its place in its own stream. */
export function readRequest(bytes: Buffer): NbdRequest | undefined {
  if (bytes.readUInt32BE(0) !== requestMagic) return undefined;
  return {
    flags: bytes.readUInt16BE(4),
    kind: bytes.readUInt16BE(6),
    cookie: bytes.readBigUInt64BE(8),
    offset: bytes.readBigUInt64BE(16),
    length: bytes.readUInt32BE(24),
  };
}

/** The head of a plain answer; the bytes that were asked for follow when `failure` is 0. */
export function simpleReply({ cookie }: NbdRequest, failure = 0): Buffer {
  const head = Buffer.alloc(16);
  head.writeUInt32BE(simpleReplyMagic, 0);
  head.writeUInt32BE(failure, 4);
  head.writeBigUInt64BE(cookie, 8);
  return head;
}

/** The head of a chunk, and what of its payload is not data. */
export function chunkHead({ cookie }: NbdRequest, kind: number, isLast: boolean, own: Buffer, dataLength = 0): Buffer {
  const head = Buffer.alloc(20);
  head.writeUInt32BE(chunkMagic, 0);
  head.writeUInt16BE(isLast ? chunkDone : 0, 4);
  head.writeUInt16BE(kind, 6);
  head.writeBigUInt64BE(cookie, 8);
  head.writeUInt32BE(own.length + dataLength, 16);
  return Buffer.concat([head, own]);
}

/** That something went wrong, with words. */
export function errorChunk(request: NbdRequest, failure: number, words: string): Buffer {
  const text = Buffer.from(words).subarray(0, 1024);
  const own = Buffer.alloc(6);
  own.writeUInt32BE(failure, 0);
  own.writeUInt16BE(text.length, 4);
  return chunkHead(request, chunk.error, true, Buffer.concat([own, text]));
}

/** What is wrong with a piece that is asked for; 0 when nothing is. */
export function flawOf({ offset, length }: NbdRequest, size: number, longest: number): number {
  if (length > longest) return errno.tooLong;
  return length === 0 || offset + BigInt(length) > BigInt(size) ? errno.invalid : 0;
}
