import { ImageError } from '@image-api/driver';
import type { TransferContext, TransferReport, TransferRequest } from '@image-api/driver';
import { withControls } from '@image-api/host';
import { QmpError, startJob } from '@image-api/qmp';
import type { Job, JobOutcome, Qmp } from '@image-api/qmp';
import { explainWords } from '../../qemu-stream-errors.ts';
import type { Settings } from '../../qemu-stream-options.ts';
import { findDisk, pathOf } from '../vm/find-disk.ts';
import { jobIdOf } from '../vm/job-id.ts';
import { MonitorJob } from '../vm/monitor-job.ts';
import { MonitorTurns, vmError } from '../vm/monitor-turns.ts';
import { obey } from '../vm/obey.ts';
import { findPull } from './find-pull.ts';
import type { PullWay } from './pull-way.ts';

/** Pull images into a disk of a running machine, by a job of its own QEMU. The guest goes on meanwhile. */
export async function runPull(request: TransferRequest, context: TransferContext, settings: Settings): Promise<TransferReport> {
  const turns = new MonitorTurns(request.to, 'destination');
  const id = jobIdOf('pull', request.to);
  context.report({ phase: 'connect' });
  let way: PullWay | undefined;
  const job = new MonitorJob(
    {
      turns,
      id,
      stallMs: settings.stallMs,
      onProgress: ({ done, total }) => context.report({ bytesLogical: done, total: { bytes: Math.max(total, done), certainty: 'exact' } }),
      onMoment: (pending, qmp) => finish(pending, qmp, way?.into ?? ''),
    },
    request.limits,
  );
  try {
    context.signal.throwIfAborted();
    way = await turns.take((qmp) => begin(qmp, request, context, settings, { id, speed: job.speed }), settings.stallMs);
    context.report({ phase: 'copy' });
    const { size } = way;
    judge(await obey(context.signal, job, () => withControls(context, job, () => job.follow())), request);
    await turns.take((qmp) => checkChain(qmp, request, way), settings.stallMs);
    context.report({ bytesLogical: size });
    return { counters: { bytesLogical: size }, chain: true };
  } catch (error) {
    throw vmError(
      context.signal.aborted && !(error instanceof ImageError) ? cancelled(request) : error,
      request.to,
      'destination',
      way === undefined,
    );
  }
}

/** Start the job, or find the one that an interrupted try of this copy has left running. */
async function begin(
  qmp: Qmp,
  request: TransferRequest,
  context: TransferContext,
  settings: Settings,
  { id, speed }: { readonly id: string; readonly speed: number },
): Promise<PullWay> {
  const left = (await qmp.execute('query-jobs')).find((found) => found.id === id);
  if (left?.status === 'concluded') await qmp.execute('job-dismiss', { id });
  const found = await findPull(qmp, request, context, settings);
  if ('refusal' in found) throw changed(request, found.refusal);
  if (left && left.status !== 'concluded') {
    await qmp.execute('block-job-set-speed', { device: id, speed });
    return found;
  }
  const base = found.base && { 'base-node': found.base.node };
  const parts = { 'job-id': id, device: found.into, ...base, speed, 'on-error': 'report', 'auto-finalize': false } as const;
  try {
    await startJob(qmp, 'block-stream', parts);
  } catch (error) {
    throw error instanceof QmpError && /read-only/.test(error.description ?? '') ? readOnly(request, found, error) : error;
  }
  return found;
}

/** An image in the middle of a chain. */
function readOnly({ to }: TransferRequest, { into }: PullWay, cause: QmpError): ImageError {
  const words = `${to.href}: the machine has ${into} open for reading only, and cannot change that by itself: reopen it (blockdev-reopen), or open it with auto-read-only`;
  return new ImageError(words, { code: 'DESTINATION_UNWRITABLE', origin: 'destination', driver: 'qemu-stream', untouched: true, cause });
}

/** The link to what was below is cut with the last step; until then, all must be on the disk. */
async function finish(job: Job, qmp: Qmp, into: string): Promise<void> {
  await qmp.execute('human-monitor-command', { 'command-line': `qemu-io ${into} flush` }, { timeoutMs: 0 });
  await job.finalize();
}

/** @throws ImageError */
function judge(outcome: JobOutcome, request: TransferRequest): void {
  // Where its end was not seen, the chain tells.
  if (outcome.result === 'completed' || outcome.result === 'unknown') return;
  if (outcome.result === 'cancelled') throw cancelled(request);
  throw explainWords(outcome.reason, { side: 'destination', name: request.name.href });
}

/** @throws ImageError VERIFY_FAILED if an image is still there that was to go */
async function checkChain(qmp: Qmp, { to }: TransferRequest, way: PullWay | undefined): Promise<void> {
  const paths = (await findDisk(qmp, to, 'destination')).layers.map(pathOf);
  const left = way?.pulled.filter((path) => paths.includes(path)) ?? [];
  if (left.length === 0) return;
  throw new ImageError(`${to.href}: the job has ended, and the disk still needs ${left.join(', ')}; start the same copy again`, {
    code: 'VERIFY_FAILED',
    origin: 'destination',
    driver: 'qemu-stream',
  });
}

function cancelled({ to }: TransferRequest): ImageError {
  return new ImageError(`${to.href}: the pull was cancelled; what has come stays, and the same copy goes on from it`, {
    code: 'CANCELLED',
    origin: 'caller',
    driver: 'qemu-stream',
  });
}

function changed({ to }: TransferRequest, why: string): ImageError {
  return new ImageError(`${to.href}: ${why}`, { code: 'UNSUPPORTED', origin: 'destination', driver: 'qemu-stream', untouched: true });
}
