import { ImageError } from '@image-api/driver';
import type { Counters, Host, PathStat, RunResult, TransferContext, TransferReport, TransferRequest } from '@image-api/driver';
import { watch, withPacedPipe } from '@image-api/host';
import type { PacedPipe } from '@image-api/host';
import { explainFailure } from './explain-failure.ts';
import { ofScp } from './scp-errors.ts';
import { argsFor } from './scp-offer.ts';
import type { ScpOptions } from './scp-options.ts';
import { pace, patienceMs, scpProgress } from './scp-progress.ts';
import { comesByHere, findWay } from './scp-way.ts';
import type { Way } from './scp-way.ts';

/** One copy under way. */
export interface Job {
  readonly request: TransferRequest;
  readonly context: TransferContext;
  readonly settings: Required<ScpOptions>;
  readonly way: Way;
  /** Where the bytes arrive. */
  readonly receiver: Host;
  /** What carries the bytes, where they come by here. */
  readonly pipe?: PacedPipe;
}

/** Run one scp to its end, watching the file grow where it arrives. */
export async function runScp(request: TransferRequest, context: TransferContext, settings: Required<ScpOptions>): Promise<TransferReport> {
  context.report({ phase: 'connect' });
  const way = await findWay(request, context);
  if ('refusal' in way) throw cannotAnyMore(way.refusal);
  const job = { request, context, settings, way, receiver: context.hosts.to ?? context.env.local };
  context.report({ phase: 'copy', bytesLogical: 0 });
  const counters = comesByHere(way)
    ? await withPacedPipe(
        request,
        context,
        (pipe) => context.report(sent({ ...job, pipe }, 0)),
        (pipe) => copy({ ...job, pipe }),
      )
    : await copy(job);
  context.report(counters);
  return { counters };
}

function cannotAnyMore(reason: string): ImageError {
  const words = `scp cannot do it any more: ${reason}; install scp there, or use another driver`;
  return new ImageError(words, { code: 'TOOL_MISSING', origin: 'driver', driver: 'scp', untouched: true });
}

async function copy(job: Job): Promise<Partial<Counters>> {
  const { request, context, receiver, pipe } = job;
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
  // Only then has the pipe counted all.
  await pipe?.exit();
  if (ending.exitCode !== 0) throw await explainFailure(job, ending);
  return countersAt(job, Math.max(arrived, (await receiver.stat(request.to.path))?.size ?? 0));
}

function countersAt(job: Job, arrived: number): Partial<Counters> {
  return { ...scpProgress(job.request.from.facts.size ?? arrived, arrived), ...sent(job, arrived) };
}

/** What went over a network. The pipe counts what ssh has still to compress, so that nobody knows what becomes of it. */
function sent({ way, settings, pipe }: Job, arrived: number): Partial<Counters> {
  if (way.kind === 'within') return { bytesSent: 0 };
  if (settings.compress) return {};
  return { bytesSent: pipe ? pipe.counters.up + pipe.counters.down : arrived };
}

async function run({ request, context, settings, way, pipe }: Job, arrived: () => number): Promise<RunResult> {
  const stallMs = patienceMs(settings.stallMs, pipe ? undefined : request.limits.bandwidth);
  const progress = (): number => arrived() + (pipe?.progress ?? 0);
  const environment = { ...way.environment, ...pipe?.environment };
  const options = { signal: context.signal, stallMs, progress, environment, killAfterMs: 1000 };
  try {
    return await way.on.run('scp', argsFor(way, request, settings), options);
  } catch (error) {
    throw ofScp(error, false);
  }
}
