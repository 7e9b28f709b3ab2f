import { ImageError } from '@image-api/driver';
import type { Counters, Host, PathStat, RunResult, TransferContext, TransferReport, TransferRequest } from '@image-api/driver';
import { watch } from '@image-api/host';
import { explainFailure } from './explain-failure.ts';
import { ofScp } from './scp-errors.ts';
import { argsFor } from './scp-offer.ts';
import type { ScpOptions } from './scp-options.ts';
import { pace, patienceMs, scpProgress } from './scp-progress.ts';
import { findWay } from './scp-way.ts';
import type { Way } from './scp-way.ts';

/** One copy under way. */
export interface Job {
  readonly request: TransferRequest;
  readonly context: TransferContext;
  readonly settings: Required<ScpOptions>;
  readonly way: Way;
  /** Where the bytes arrive. */
  readonly receiver: Host;
}

/** Run one scp to its end, watching the file grow where it arrives. */
export async function runScp(request: TransferRequest, context: TransferContext, settings: Required<ScpOptions>): Promise<TransferReport> {
  context.report({ phase: 'connect' });
  const way = await findWay(request, context);
  if ('refusal' in way) throw cannotAnyMore(way.refusal);
  const job = { request, context, settings, way, receiver: context.hosts.to ?? context.env.local };
  context.report({ phase: 'copy', bytesLogical: 0 });
  const counters = await copy(job);
  context.report(counters);
  return { counters };
}

function cannotAnyMore(reason: string): ImageError {
  const words = `scp cannot do it any more: ${reason}; install scp there, or use another driver`;
  return new ImageError(words, { code: 'TOOL_MISSING', origin: 'driver', driver: 'scp', untouched: true });
}

async function copy(job: Job): Promise<Counters> {
  const { request, context, receiver } = job;
  let arrived = 0;
  const onSeen = (seen: PathStat): void => {
    arrived = Math.max(arrived, seen.size);
    context.report(countersAt(job, arrived));
  };
  const look = async (): Promise<PathStat> => (await receiver.stat(request.to.path)) ?? Promise.reject(new Error('gone'));
  const stop = watch(look, onSeen, pace[receiver.kind]);
  let ending: RunResult;
  try {
    ending = await run(job, () => arrived);
  } finally {
    await stop();
  }
  if (ending.exitCode !== 0) throw await explainFailure(job, ending);
  return countersAt(job, Math.max(arrived, (await receiver.stat(request.to.path))?.size ?? 0));
}

function countersAt({ request, way }: Job, arrived: number): Counters {
  return scpProgress(request.from.facts.size ?? arrived, arrived, way.kind !== 'within');
}

async function run({ request, context, settings, way }: Job, progress: () => number): Promise<RunResult> {
  const stallMs = patienceMs(settings.stallMs, request.limits.bandwidth);
  const options = { signal: context.signal, stallMs, progress, environment: way.environment, killAfterMs: 1000 };
  try {
    return await way.on.run('scp', argsFor(way, request, settings), options);
  } catch (error) {
    throw ofScp(error, false);
  }
}
