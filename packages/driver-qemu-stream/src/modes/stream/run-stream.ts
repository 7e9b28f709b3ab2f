import { ImageError } from '@image-api/driver';
import type { Counters, ReadyImage, TransferContext, TransferReport, TransferRequest } from '@image-api/driver';
import { diskUri } from '../../keeper/disk-uri.ts';
import type { KeeperLine } from '../../keeper/keeper-line.ts';
import type { ServeOrder, Served, StreamProgress } from '../../keeper/messages.ts';
import { findKeeper } from '../../keeper/start-keeper.ts';
import type { Settings } from '../../qemu-stream-options.ts';
import { streamProgress } from '../../qemu-stream-progress.ts';
import { holdLease } from './leases.ts';
import { streamFrom } from './stream-from.ts';
import { speedOf } from './stream-offer.ts';

/** A keeper that does not let go by itself is left to its own end: a transfer that was cancelled must settle. */
const leaveMs = 1500;

/** Hand an image out, and see everything of it arrive. */
export async function runStream(request: TransferRequest, context: TransferContext, settings: Settings): Promise<TransferReport> {
  const order = orderFor(request, context, settings);
  insistNotCancelled(context);
  context.report({ phase: 'connect' });
  const line = await findKeeper(request.to.path);
  holdLease(line);
  const cancelled = new Promise<never>((_, reject) => {
    context.signal.addEventListener('abort', () => reject(cancelledError()), { once: true });
  });
  cancelled.catch(() => undefined);
  try {
    const working = work(line, request, context, order, settings);
    working.catch(() => undefined);
    const report = await Promise.race([working, cancelled]);
    // As long as the lease is held, a guest may come and go; but no process has to stay for it.
    line.keepAlive(false);
    return report;
  } catch (error) {
    await leave(line, context.signal.aborted);
    throw error;
  }
}

function orderFor(request: TransferRequest, { hosts }: TransferContext, { writable, sourceLossMs, stallMs, memory }: Settings): ServeOrder {
  const found = streamFrom(request, hosts.from);
  if ('source' in found) return { from: found.source, to: request.to.path, writable, sourceLossMs, stallMs, memory };
  const words = `qemu-stream cannot do it any more: ${found.refusal}`;
  throw new ImageError(words, { code: 'UNSUPPORTED', origin: 'driver', driver: 'qemu-stream', untouched: true });
}

async function work(
  line: KeeperLine,
  request: TransferRequest,
  context: TransferContext,
  order: ServeOrder,
  settings: Settings,
): Promise<TransferReport> {
  let last: StreamProgress | undefined;
  line.listen({
    onProgress: (progress) => {
      last = progress;
      context.report(streamProgress(progress));
    },
    onTrouble: (trouble) => context.report({ phase: trouble === undefined ? 'copy' : `waiting: ${trouble}` }),
  });
  const copy = { id: request.id, from: request.from.href, to: request.name.href };
  const served = await line.order<Served>({ do: 'serve', order, copy });
  context.report({ phase: 'copy', total: { bytes: served.size, certainty: 'exact' } });
  context.ready(readyImage(line, served, order));
  if (settings.stream === 'never') {
    await line.order({ do: 'wait' });
    return { counters: last ? countersOf(last) : {}, fromSize: served.size, incomplete: true };
  }
  const forget = registerControls(line, context);
  try {
    await line.order({ do: 'stream', speed: speedOf(request.limits.bandwidth) });
  } finally {
    forget();
  }
  return { counters: countersAtEnd(served, order, last), fromSize: served.size };
}

/** Only of a raw source every byte has to come, unless it was there before. */
function countersAtEnd({ size, present }: Served, { from }: ServeOrder, last: StreamProgress | undefined): Partial<Counters> {
  const counters = { ...(last && countersOf(last)), bytesLogical: size };
  return from.format === 'raw' ? { ...counters, bytesSkipped: Math.min(size, present) } : counters;
}

function countersOf(progress: StreamProgress): Partial<Counters> {
  const { total: _, ...counters } = streamProgress(progress);
  return counters;
}

function readyImage(line: KeeperLine, { socket }: Served, { writable }: ServeOrder): ReadyImage {
  const release = async (): Promise<void> => {
    await line.order({ do: 'release' }).catch(() => undefined);
    await line.closed;
  };
  return { uri: diskUri(socket), format: 'raw', writable, release };
}

function registerControls(line: KeeperLine, context: TransferContext): () => void {
  const undo = [
    context.onControl('pause', () => line.order({ do: 'pause' })),
    context.onControl('resume', () => line.order({ do: 'resume' })),
    context.onControl('limits', async ({ bandwidth }) => {
      const speed = speedOf(bandwidth);
      await line.order({ do: 'speed', speed });
      return bandwidth === undefined ? {} : { bandwidth: speed };
    }),
  ];
  return () => undo.forEach((take) => take());
}

/** After a failure a guest that is attached is served on, for the next try; after a cancel nobody is. */
async function leave(line: KeeperLine, cancelled: boolean): Promise<void> {
  const left = letGo(line, cancelled);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((resolve) => (timer = setTimeout(resolve, leaveMs)));
  await Promise.race([left, late]);
  clearTimeout(timer);
  line.destroy();
}

async function letGo(line: KeeperLine, cancelled: boolean): Promise<void> {
  const stays = await line.order<boolean | null>({ do: cancelled ? 'release' : 'leave' }).catch(() => false);
  if (stays !== true) await line.closed;
}

function insistNotCancelled({ signal }: TransferContext): void {
  if (signal.aborted) throw cancelledError(true);
}

function cancelledError(untouched = false): ImageError {
  return new ImageError('the copy was cancelled', { code: 'CANCELLED', origin: 'caller', driver: 'qemu-stream', untouched });
}
