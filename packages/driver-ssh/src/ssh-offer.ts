import type { AcceptedOffer, TransferRequest } from '@image-api/driver';
import { paceProgram } from '@image-api/host';
import type { Job } from './prepare-job.ts';
import { sshArgs } from './ssh-args.ts';
import type { CopyWords } from './ssh-args.ts';

/** A session on a connection that stands, and the programs at both its ends. */
const startSeconds = 0.35;
/** Bytes per second that both ends read and digest at the same time, measured. */
const compareRate = 250e6;

/** What the copy will do, how long it takes, and what to know of it beforehand. */
export function sshOffer(job: Job, request: TransferRequest): AcceptedOffer {
  const { choice } = job;
  const { size = 0, allocated = size, kind } = request.from.facts;
  const { bandwidth } = request.limits;
  return {
    accept: true,
    seconds: secondsFor(job, request),
    way: choice.packing,
    reason: `only the data, ${choice.reason}`,
    commands: [{ host: job.on.id, tool: 'sh', args: argsFor(job, request) }],
    ...(bandwidth !== undefined && { limits: { bandwidth }, charged: 'wire' as const }),
    space: kind === 'file' ? Math.min(size, allocated) : size,
    notes: [...job.notes, ...(request.held === undefined ? [] : ['both ends are read and compared first'])],
  };
}

/** The arguments of the one `sh` that copies. */
export function argsFor(
  { kind, ssh, choice, processors, mark, paceMark }: Job,
  { from, to }: TransferRequest,
  list?: CopyWords['list'],
): string[] {
  const words: CopyWords = {
    kind,
    from: from.path,
    to: to.path,
    size: from.facts.size ?? 0,
    mark,
    pace: kind === 'between' ? paceMark : paceProgram(),
    ssh,
    packing: choice.packing,
    level: choice.level,
    processors,
    ...(list !== undefined && { list }),
  };
  return sshArgs(words);
}

/** Of what is held already, a copy that was interrupted sends nothing again, and a changed image most likely little. */
function secondsFor({ choice }: Job, { held, from, to }: TransferRequest): number {
  const size = from.facts.size ?? 0;
  const known = held === undefined ? 0 : Math.min(size, to.facts.size ?? size);
  const left = size === 0 ? 0 : (size - known) / size;
  return startSeconds + choice.seconds * left + known / compareRate;
}
