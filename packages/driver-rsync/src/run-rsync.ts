import { ImageError } from '@image-api/driver';
import type { Counters, RunResult, TransferContext, TransferRequest } from '@image-api/driver';
import { quoteForShell, withPacedPipe } from '@image-api/host';
import type { PacedPipe, ProgramEnd } from '@image-api/host';
import { daemonEnvironment } from './ask-daemon.ts';
import { patienceMs } from './patience.ts';
import type { Prepared } from './prepare-job.ts';
import type { Job } from './rsync-args.ts';
import { rsyncError } from './rsync-errors.ts';
import type { ResolvedRsyncOptions } from './rsync-options.ts';
import { countersOf, createLineReader, parseLine } from './rsync-progress.ts';
import type { Total } from './rsync-progress.ts';
import { withWriteBack } from './with-write-back.ts';
import type { Arrival } from './with-write-back.ts';
import { WriteBrake } from './write-brake.ts';

/** One copy under way. */
interface Run {
  readonly prepared: Prepared;
  readonly request: TransferRequest;
  readonly context: TransferContext;
  readonly options: ResolvedRsyncOptions;
  /** What carries the bytes, where they come by here. */
  readonly pipe?: PacedPipe;
  readonly signal: AbortSignal;
}

/** Run one rsync to its end, its bytes in a paced pipe wherever they come by here. */
export async function runRsync(
  prepared: Prepared,
  request: TransferRequest,
  context: TransferContext,
  options: ResolvedRsyncOptions,
): Promise<Partial<Counters>> {
  const run = { prepared, request, context, options, signal: context.signal };
  if (prepared.job.pace === undefined) return copy(run);
  const report = (pipe: PacedPipe): void => context.report({ ...sentThrough(pipe, run), ...positionOf(pipe, run) });
  let brake: WriteBrake | undefined;
  const onMoved = (pipe: PacedPipe): void => {
    brake?.moved(totalOf(pipe));
    report(pipe);
  };
  return withPacedPipe(request, context, onMoved, (pipe) => {
    if (request.priority !== 'idle') return copy({ ...run, pipe });
    brake = brakeOf(pipe);
    const onWritten = (): void => brake?.written();
    return withWriteBack(arrivalOf(run), onWritten, (signal) => copy({ ...run, pipe, signal }));
  });
}

/** A pipe that does not answer carries nothing either. */
function brakeOf(pipe: PacedPipe): WriteBrake {
  return new WriteBrake((isHeld) => void pipe.hold(isHeld).catch(() => undefined));
}

function totalOf({ counters: { up, down } }: PacedPipe): number {
  return up + down;
}

function arrivalOf({ prepared: { way, job }, context: { env, signal }, options: { stallMs } }: Run): Arrival {
  return { host: way.receiver ?? env.local, path: way.to.path, grows: !job.compare, stallMs, signal };
}

async function copy(run: Run): Promise<Partial<Counters>> {
  const { prepared, request, context, options, pipe, signal } = run;
  const { way, args, job } = prepared;
  const totals = new Map<Total, number>();
  const size = request.from.facts.size ?? Infinity;
  let moved = 0;
  const read = createLineReader((line) => {
    const found = parseLine(line);
    if (found?.kind === 'total') totals.set(found.name, found.bytes);
    if (found?.kind !== 'progress') return;
    moved = Math.max(moved, found.bytesLogical);
    if (pipe && positionOf(pipe, run)) return;
    // A file that did not arrive whole is sent once more, and rsync counts on.
    const bytesLogical = Math.min(moved, size);
    context.report({ bytesLogical, bytesRead: bytesLogical });
  });
  const result = await way.on.run('rsync', args, {
    signal,
    idle: request.priority === 'idle',
    killAfterMs: 1000,
    stallMs: patienceMs(options.stallMs, job.limitKiB, job.compare ? (request.from.facts.size ?? 0) : 0),
    progress: () => moved + (pipe?.progress ?? 0),
    environment: { ...way.environment, ...daemonEnvironment(job), ...pipe?.environment, ...(pipe && connectorOf(job)) },
    onStdout: read,
  });
  const shell = await pipe?.exit();
  if (result.exitCode !== 0) throw failure(run, result, shell);
  if (totals.get('files') === 0) throw nothingCopied(run);
  const counters = { ...countersOf(totals, way.far !== undefined), ...(pipe && sentThrough(pipe, run)) };
  context.report(counters);
  return counters;
}

/** What the pipe counts went over a network, unless it is within this machine. */
function sentThrough({ counters: { up, down } }: PacedPipe, { prepared }: Pick<Run, 'prepared'>): Partial<Counters> {
  return prepared.way.far ? { bytesSent: up + down } : {};
}

/**
 * How far the image is, where what goes through the pipe is the image and nothing else: rsync itself counts what the kernel has yet to
 * hand on, which may be megabytes. `undefined` elsewhere.
 */
function positionOf({ counters: { up, down } }: PacedPipe, { prepared: { way, job }, request }: Run): Partial<Counters> | undefined {
  const { size } = request.from.facts;
  if (job.compare || job.packing || size === undefined) return undefined;
  const position = Math.min(size, way.far?.side === 'source' ? down : up);
  return { bytesLogical: position, bytesRead: position };
}

/** What connects to a daemon in rsync's place. rsync hands it to a shell, and takes a percent sign for one of its own. */
function connectorOf({ from, to, pace }: Job): Record<string, string> {
  const daemon = [from, to].find((place) => place.kind === 'daemon');
  if (!daemon || pace === undefined) return {};
  const words = quoteForShell([pace, '--connect', daemon.host, String(daemon.port ?? 873)]);
  return { RSYNC_CONNECT_PROG: words.replaceAll('%', '%%') };
}

function failure({ prepared: { way }, request: { from, name } }: Run, result: RunResult, shell: ProgramEnd | undefined): ImageError {
  const [fromHost, toHost] = [way.sender?.id ?? way.far?.name ?? 'local', way.receiver?.id ?? way.far?.name ?? 'local'];
  return rsyncError({
    result,
    ...(shell && { shell }),
    from: { host: fromHost, path: from.path },
    to: { host: toHost, path: name.path },
    ...(way.far && { far: way.far }),
  });
}

/** rsync ends well when there was nothing that it wanted to copy. */
function nothingCopied({ prepared: { job }, request: { from, name } }: Run): ImageError {
  if (job.to.kind === 'daemon') {
    return new ImageError(`${name.href} exists: add --overwrite replace (overwrite: 'replace'), or choose another name`, {
      code: 'DESTINATION_EXISTS',
      origin: 'destination',
      driver: 'rsync',
      untouched: true,
    });
  }
  return new ImageError(`rsync copied nothing: ${from.href} is no longer a plain file`, {
    code: 'SOURCE_CHANGED',
    origin: 'source',
    driver: 'rsync',
    untouched: true,
  });
}
