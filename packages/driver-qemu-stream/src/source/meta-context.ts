import { allocationContext, allocationId, optionReply } from './nbd-words.ts';

/** What a client may ask about. */
interface ContextTerms {
  readonly offered: { readonly exportName: string };
  readonly structured: boolean;
}

interface ContextAnswer {
  readonly replies: readonly { readonly type: number; readonly said?: Buffer }[];
  /** Whether it wants to know where the holes are. */
  readonly chosen: boolean;
}

/** Answer which kinds of information about pieces there are: one. */
export function answerMetaContext(data: Buffer, { offered, structured }: ContextTerms, isChoice: boolean): ContextAnswer {
  const asked = readQueries(data);
  if (!asked || (isChoice && !structured)) return { replies: [{ type: optionReply.invalid }], chosen: false };
  if (asked.exportName !== offered.exportName) return { replies: [{ type: optionReply.unknown }], chosen: false };
  const wanted = asked.queries.some((query) => query === allocationContext || (!isChoice && query === 'base:'));
  const chosen = wanted || (!isChoice && asked.queries.length === 0);
  const context = { type: optionReply.metaContext, said: contextReply(isChoice ? allocationId : 0) };
  return { replies: [...(chosen ? [context] : []), { type: optionReply.acknowledged }], chosen };
}

/** A length and the export's name, the number of queries, and for each a length and its text. `undefined` when it is not that. */
function readQueries(data: Buffer): { readonly exportName: string; readonly queries: readonly string[] } | undefined {
  let at = 0;
  const number = (): number => ((at += 4) <= data.length ? data.readUInt32BE(at - 4) : Number.NaN);
  const text = (): string => {
    const length = number();
    at += length;
    return at <= data.length ? data.toString('utf8', at - length, at) : '';
  };
  const exportName = text();
  const count = number();
  const queries: string[] = [];
  while (queries.length < count && at < data.length) queries.push(text());
  return at === data.length && queries.length === count ? { exportName, queries } : undefined;
}

function contextReply(id: number): Buffer {
  const said = Buffer.alloc(4 + allocationContext.length);
  said.writeUInt32BE(id);
  said.write(allocationContext, 4);
  return said;
}
