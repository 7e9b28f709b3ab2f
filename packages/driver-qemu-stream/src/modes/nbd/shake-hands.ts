import type { Socket } from 'node:net';
import type { ByteReader } from './byte-reader.ts';
import * as wire from './nbd-wire.ts';
import type { ExportFacts } from './nbd-wire.ts';

/** An export that is open. */
export interface OpenExport extends ExportFacts {
  /** By their numbers, those of the contexts that the server has. */
  readonly contexts: ReadonlyMap<number, string>;
}

/** What a server says of itself and its exports is short. */
const longestAnswer = 64 * 2 ** 10;

/**
 * The first words with an NBD server, up to where an export is open.
 *
 * @param contexts what is to be told of its parts; with any, every answer to a read is a structured one
 * @throws Error with the server's words when it refuses
 */
export async function shakeHands(
  socket: Pick<Socket, 'write'>,
  reader: ByteReader,
  exportName: string,
  contexts: readonly string[] = [],
): Promise<OpenExport> {
  if (!wire.isGreeting(await reader.take(wire.greetingLength))) throw new Error('the server does not speak NBD');
  socket.write(wire.clientFlags);
  const known: (readonly [number, string])[] = [];
  if (contexts.length > 0) {
    socket.write(wire.encodeOption(wire.option.structuredReply));
    await answers(reader);
    socket.write(wire.encodeMetaContext(exportName, contexts));
    known.push(...(await answers(reader)).map(wire.decodeMetaContext).filter((one) => one !== undefined));
  }
  socket.write(wire.encodeGo(exportName));
  const facts = (await answers(reader)).map(wire.decodeExport).find((found) => found !== undefined);
  if (!facts) throw new Error('the server does not tell the size of the export');
  return { ...facts, contexts: new Map(known) };
}

/** The answers to one option, up to the one that ends them. */
async function answers(reader: ByteReader): Promise<Buffer[]> {
  const told: Buffer[] = [];
  for (let length = 0; length <= longestAnswer;) {
    const head = wire.decodeOptionReply(await reader.take(wire.optionReplyLength));
    if (!head || head.length > longestAnswer) break;
    const data = await reader.take(head.length);
    if (head.type === wire.reply.ack) return told;
    if (head.type !== wire.reply.info && head.type !== wire.reply.metaContext) throw new Error(wire.refusalWords(head.type, data));
    told.push(data);
    length += wire.optionReplyLength + data.length;
  }
  throw new Error('the server does not speak NBD');
}
