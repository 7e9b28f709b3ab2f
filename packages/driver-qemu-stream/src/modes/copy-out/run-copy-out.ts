import { ImageError } from '@image-api/driver';
import type { TransferContext, TransferReport, TransferRequest } from '@image-api/driver';
import { withControls } from '@image-api/host';
import type { JobOutcome, JobProgress } from '@image-api/qmp';
import type { Daemon } from '../../daemon/daemon.ts';
import type { Settings } from '../../qemu-stream-options.ts';
import { writeOut } from '../convert/copy-data.ts';
import { emptyFile } from '../convert/empty-file.ts';
import { makeTo, nodeNames } from '../convert/open-images.ts';
import { JobCancelled, JobFailure } from '../job/job-runner.ts';
import { jobError } from '../job/job-error.ts';
import { withDaemon } from '../job/with-daemon.ts';
import { findDisk } from '../vm/find-disk.ts';
import { jobIdOf } from '../vm/job-id.ts';
import { MonitorJob } from '../vm/monitor-job.ts';
import { MonitorTurns, vmError } from '../vm/monitor-turns.ts';
import { obey } from '../vm/obey.ts';
import { withReachableSocket } from '../vm/reachable-socket.ts';
import { beginMirror, cleanMachine, exportName, removeTarget } from './machine-steps.ts';

/** One copy under way. */
interface Run {
  readonly request: TransferRequest;
  readonly context: TransferContext;
  readonly turns: MonitorTurns;
  readonly job: MonitorJob;
}

/** How long to wait for others at the monitor, and after a cancel. */
const patienceMs = 30_000;
const cancelledPatienceMs = 500;

/** Copy a disk of a running machine: the machine writes it to a storage daemon of ours, over a private socket. */
export async function runCopyOut(request: TransferRequest, context: TransferContext, settings: Settings): Promise<TransferReport> {
  const turns = new MonitorTurns(request.from, 'source');
  context.report({ phase: 'connect' });
  const { size } = await turns
    .take((qmp) => findDisk(qmp, request.from, 'source'), patienceMs)
    .catch((error: unknown) => {
      throw vmError(error, request.from, 'source', true);
    });
  const onProgress = progressTo(context, size);
  const job = new MonitorJob(
    { turns, id: jobIdOf('copy', request.from), stallMs: settings.stallMs, onProgress, onMoment: (ready) => ready.finishCopy() },
    request.limits,
  );
  const run = { request, context, turns, job };
  let isClean = false;
  try {
    const report = await withDaemon(
      request,
      context,
      settings,
      () => job.progress,
      (daemon) => copy(run, daemon, size),
    );
    isClean = true;
    return report;
  } finally {
    if (!isClean) await clean(run);
  }
}

async function copy({ request, context, turns, job }: Run, { monitor }: Daemon, size: number): Promise<TransferReport> {
  const { from, toFormat = 'raw', to: file } = request;
  const way = { to: { kind: 'file', path: file.path }, toFormat, compress: false } as const;
  await emptyFile(request);
  const to = await makeTo(monitor, way, size, request);
  await withReachableSocket(from, context.scratchDir, async (path, allow) => {
    await monitor.execute('nbd-server-start', { addr: { type: 'unix', data: { path } }, 'max-connections': 2 });
    await monitor.execute('block-export-add', { type: 'nbd', id: exportName, 'node-name': nodeNames.to, name: exportName, writable: true });
    await allow();
    try {
      await turns.take((qmp) => beginMirror(qmp, from, path, job.speed), patienceMs);
    } catch (error) {
      throw vmError(error, from, 'source');
    }
    context.report({ phase: 'copy', total: { bytes: size, certainty: 'exact' } });
    judge(await obey(context.signal, job, () => withControls(context, job, () => job.follow())), request);
    await turns.take((qmp) => removeTarget(qmp, from), patienceMs);
    await monitor.execute('nbd-server-stop');
  });
  try {
    await writeOut(monitor, to);
  } catch (error) {
    throw jobError(error, 'destination', request);
  }
  await monitor.execute('blockdev-del', { 'node-name': nodeNames.to });
  context.report({ bytesLogical: size });
  return { counters: { bytesLogical: size }, fromSize: size };
}

/** How much of the disk is as it is in the machine: this may become less again, for a guest writes; what is told never does. */
function progressTo(context: TransferContext, size: number): (progress: JobProgress) => void {
  let most = 0;
  return ({ done, total }) => {
    most = Math.max(most, Math.min(size, size - (total - done)));
    context.report({ bytesLogical: most });
  };
}

/** @throws ImageError or JobFailure */
function judge(outcome: JobOutcome, { from }: TransferRequest): void {
  if (outcome.result === 'completed') return;
  if (outcome.result === 'failed') throw new JobFailure(outcome.reason);
  if (outcome.result === 'unknown') throw vmError(outcome.reason, from, 'source');
  throw new JobCancelled(`the job was cancelled in the machine`);
}

/** After a failure. The daemon is gone by now, so that nothing in the machine can wait for it. */
async function clean({ request: { from }, context: { signal, env }, turns }: Run): Promise<void> {
  const patience = signal.aborted ? cancelledPatienceMs : patienceMs;
  try {
    await turns.take((qmp) => cleanMachine(qmp, from, patience), patience);
  } catch (error) {
    const words = error instanceof ImageError ? error.message : String(error);
    env.logger.warn(`${from.href}: what was added to the machine could not be taken away; the next copy of the disk does`, { words });
  }
}
