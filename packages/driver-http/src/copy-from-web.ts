import type { Counters, TransferReport } from '@image-api/driver';
import { openWebSource, OrderedDigest } from '@image-api/host';
import type { Extent, WebSource } from '@image-api/host';
import { bytesIn, without } from './extents.ts';
import { fetchSpans } from './fetch-spans.ts';
import { cancelled, ofHttp, replaced } from './http-errors.ts';
import { needsDigest } from './http-offer.ts';
import { ImageFile } from './image-file.ts';
import { readRecord, RecordKeeper } from './record-keeper.ts';
import { spanLength, Spans } from './spans.ts';
import type { WebJob } from './web-job.ts';

/** A connection that is lost is made again at once for so long; after that the whole copy is tried again, from what is there. */
const patienceMs = 5000;

/** Fetch all that is not there. */
export async function copyFromWeb(job: WebJob): Promise<TransferReport> {
  const { request, context, settings } = job;
  let file: ImageFile | undefined;
  let source: WebSource | undefined;
  let digest: OrderedDigest | undefined;
  try {
    context.report({ phase: 'connect' });
    source = await openWebSource(request.from.href, { signal: context.signal, silenceMs: settings.stallMs, patienceMs });
    checkFound(job, source);
    file = await ImageFile.open(job);
    if (context.signal.aborted) throw cancelled(request, context.signal);
    if (needsDigest(request)) digest = OrderedDigest.ofAny(Number.isNaN(source.size) ? Infinity : source.size);
    return await fill({ ...job, source, file, digest });
  } catch (error) {
    throw ofHttp(error, file?.touched !== true);
  } finally {
    await digest?.end();
    await source?.close();
    await file?.close();
  }
}

/** It must still be what the copy was planned from. */
function checkFound({ request }: WebJob, { identity, size }: WebSource): void {
  const { facts } = request.from;
  if (facts.identity !== undefined && facts.identity !== identity) throw replaced(request, facts.identity, identity);
  if (facts.size !== undefined && facts.size !== size) throw replaced(request, `size ${facts.size}`, `size ${size}`);
}

interface Filling extends WebJob {
  readonly source: WebSource;
  readonly file: ImageFile;
  /** Of all that comes; absent where nobody wants it. */
  readonly digest: OrderedDigest | undefined;
}

async function fill(job: Filling): Promise<TransferReport> {
  const { request, context, settings, source, file, digest } = job;
  const { ranges, size } = source;
  const isKnown = !Number.isNaN(size);
  if (isKnown) context.report({ phase: 'copy', bytesLogical: 0, total: { bytes: size, certainty: 'exact' } });
  const keeper = await keeperFor(job, source, file, digest !== undefined);
  const before = bytesIn(keeper.held);
  const connections = ranges ? settings.connections : 1;
  const lengthFor = digest && ranges ? () => 1 : ranges ? (left: number) => spanLength(left, connections) : () => Infinity;
  const spans = new Spans(without(keeper.held, isKnown ? size : Infinity), lengthFor);
  const counters = (): Counters => {
    const bytesLogical = bytesIn(keeper.held);
    return { bytesLogical, bytesRead: source.bytesRead, bytesSent: source.bytesRead, bytesSkipped: before };
  };
  const onWritten = (piece: Extent): void => {
    keeper.note(piece);
    context.report(counters());
  };
  try {
    await fetchSpans({ job, source, file, spans, connections, digest, onWritten });
  } catch (error) {
    context.report(counters());
    // Without it nothing is lost but what came.
    if (ranges) await keeper.save().catch((cause: unknown) => context.env.logger.debug('what is there could not be recorded', { cause }));
    throw error;
  }
  await keeper.settled();
  const { bytesLogical } = counters();
  await file.resize(bytesLogical);
  return {
    counters: counters(),
    ...(request.from.facts.size === undefined && { fromSize: bytesLogical }),
    ...(digest && { fromDigest: await digest.digest() }),
  };
}

/** What is there of it already; a file that holds anything else is emptied. */
async function keeperFor({ request }: WebJob, source: WebSource, file: ImageFile, anew: boolean): Promise<RecordKeeper> {
  const { identity, size, ranges, isKnownAgain } = source;
  const record = request.held === 'resume' && ranges && file.canSync ? await readRecord(file, size) : undefined;
  if (record && record.identity !== identity) throw replaced(request, record.identity, identity);
  if (record && isKnownAgain && !anew) return new RecordKeeper(file, record);
  await file.begin(Number.isNaN(size) ? 0 : size);
  return new RecordKeeper(file, { identity, size, sequence: 0, held: [] });
}
