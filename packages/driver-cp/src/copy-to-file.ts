import type { Counters, Host, PathStat, RunResult, TransferContext, TransferReport, TransferRequest } from '@image-api/driver';
import { watch } from '@image-api/host';
import type { CloneChance } from './clone-chance.ts';
import { cpCommand } from './cp-args.ts';
import type { Command } from './cp-args.ts';
import { cpError, isCloneRefusal, ofCp } from './cp-errors.ts';
import type { CpOptions } from './cp-options.ts';
import { cloneCounters, fileCounters, fileProgress, notBelow, pace, withoutReads } from './cp-progress.ts';
import { deviceStatistics } from './device-statistics.ts';

/** One copy under way. */
export interface CopyJob {
  readonly request: TransferRequest;
  readonly context: TransferContext;
  /** The machine both ends are on. */
  readonly host: Host;
  readonly settings: Required<CpOptions>;
}

/** Fill the staging file: by a clone where one is promised, else, and where the filesystem refuses it, by a copy. */
export async function copyToFile(job: CopyJob, chance: CloneChance): Promise<TransferReport> {
  const { request, context } = job;
  context.report({ phase: 'copy', bytesLogical: 0 });
  const cloned = chance === 'yes' && (await tryClone(job));
  const counters = cloned ? cloneCounters(request.from.facts.size ?? 0) : await fill(job, chance === 'maybe');
  context.report(counters);
  return { counters };
}

async function tryClone(job: CopyJob): Promise<boolean> {
  const result = await run(job, cpCommand(job.request, 'always'));
  if (result.exitCode === 0) return true;
  if (!isCloneRefusal(result)) throw cpError(result, job.request, await isEmpty(job));
  job.context.env.logger.warn('the filesystem refused to clone; copying instead', { stderr: result.stderr });
  return false;
}

/** @param unseen whether blocks may be shared without a word */
async function fill(job: CopyJob, unseen: boolean): Promise<Partial<Counters>> {
  const { request, context, host, settings } = job;
  const known = unseen ? withoutReads : (counters: Partial<Counters>): Partial<Counters> => counters;
  let seen: Partial<Counters> = {};
  let moved = 0;
  const onSeen = ([stat, read]: readonly [PathStat | undefined, number]): void => {
    if (!stat) return;
    moved = stat.size + stat.allocated + read;
    seen = notBelow(seen, known(fileProgress(request.from.facts, stat)));
    context.report(seen);
  };
  const stop = watch(() => Promise.all([host.stat(request.to.path), readSoFar(job)]), onSeen, pace);
  let result: RunResult;
  try {
    result = await run(job, cpCommand(request, settings.reflink), () => moved);
  } finally {
    await stop();
  }
  if (result.exitCode !== 0) throw cpError(result, request, await isEmpty(job));
  const stat = await host.stat(request.to.path);
  return notBelow(seen, known(fileCounters(request.from.facts, stat ?? { size: 0, allocated: 0 })));
}

/** While cp passes over zeros of a device nothing grows; only that it reads shows that it lives. */
async function readSoFar({ request, host }: CopyJob): Promise<number> {
  return request.from.facts.kind === 'block' ? (await deviceStatistics(host, request.from.path)).read : 0;
}

async function run(job: CopyJob, { tool, args }: Command, progress?: () => number): Promise<RunResult> {
  const { signal } = job.context;
  try {
    // A clone has nothing to watch; it is over at once or waits for a disk.
    return await job.host.run(tool, args, { signal, killAfterMs: 1000, ...(progress && { stallMs: job.settings.stallMs, progress }) });
  } catch (error) {
    throw ofCp(error, await isEmpty(job));
  }
}

/** Whether it is certain that no byte was written. */
async function isEmpty({ request, host }: CopyJob): Promise<boolean> {
  const stat = await host.stat(request.to.path).catch(() => undefined);
  return stat?.kind === 'file' && stat.size === 0 && stat.allocated === 0;
}
