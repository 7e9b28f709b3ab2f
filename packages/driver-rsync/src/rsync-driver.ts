import { defineDriver, ImageError } from '@image-api/driver';
import type {
  AcceptedOffer,
  Availability,
  Driver,
  Environment,
  Offer,
  OfferContext,
  TransferContext,
  TransferReport,
  TransferRequest,
} from '@image-api/driver';
import { askDaemon, daemonEnvironment } from './ask-daemon.ts';
import { estimateSeconds } from './estimate.ts';
import { prepareJob } from './prepare-job.ts';
import type { Prepared } from './prepare-job.ts';
import { rsyncError } from './rsync-errors.ts';
import { resolveOptions } from './rsync-options.ts';
import type { ResolvedRsyncOptions, RsyncOptions } from './rsync-options.ts';
import { countersOf, createLineReader, parseLine } from './rsync-progress.ts';
import type { Total } from './rsync-progress.ts';
import { patienceMs } from './patience.ts';
import { atLeast } from './version.ts';

/**
 * Copies by rsync: within a machine, over ssh in either direction or straight between two hosts, and to and from rsync daemons.
 *
 * @throws ImageError BAD_OPTION
 */
export function rsync(options: RsyncOptions = {}): Driver {
  resolveOptions(options);
  return defineDriver({
    specVersion: 1,
    id: 'rsync',
    capabilities: {
      routes: [
        { from: 'file', to: 'file' },
        { from: 'file', to: 'ssh' },
        { from: 'ssh', to: 'file' },
        { from: 'ssh', to: 'ssh' },
        { from: 'rsync', to: 'file' },
        { from: 'file', to: 'rsync', inPlace: true },
      ],
      sparse: true,
      resume: true,
      delta: true,
      limits: 'start',
      progress: 'bytes',
    },
    probe,
    offer: async (request, context) => offer(request, context, resolveOptions(options, request.driverOptions)),
    transfer: async (request, context) => transfer(request, context, resolveOptions(options, request.driverOptions)),
  });
}

async function probe({ local }: Environment): Promise<Availability> {
  const tool = await local.tool('rsync');
  if (!tool.available) return { available: false, reason: tool.reason };
  const old = `rsync ${tool.version} has known security holes, which 3.5.0 closes: update it`;
  return { available: true, detail: `rsync ${tool.version}`, ...(!atLeast(tool.version, '3.5.0') && { warnings: [old] }) };
}

async function offer(request: TransferRequest, context: OfferContext, options: ResolvedRsyncOptions): Promise<Offer> {
  const prepared = await prepareJob(request, context, options);
  if ('refusal' in prepared) return { accept: false, reason: prepared.refusal };
  const { way, args, job, limits, notes } = prepared;
  const size = way.from.kind === 'daemon' || way.to.kind === 'daemon' ? await askDaemon(prepared, context.signal) : undefined;
  const facts = { ...request.from.facts, ...(size !== undefined && { size }) };
  return {
    accept: true,
    seconds: secondsFor(prepared, facts, request),
    reason: reasonFor(prepared),
    commands: [{ host: way.on.id, tool: 'rsync', args }],
    ...limits,
    ...spaceFor(facts, job.sparse),
    notes,
  };
}

function secondsFor({ job, way }: Prepared, facts: TransferRequest['from']['facts'], { held, to }: TransferRequest): number {
  const size = facts.size ?? 0;
  return estimateSeconds({
    size,
    allocated: facts.allocated ?? size,
    held: held === undefined ? 0 : Math.min(size, to.facts.size ?? size),
    overNetwork: way.far !== undefined,
    packed: job.packing !== undefined,
    ...(job.limitKiB !== undefined && { limit: job.limitKiB * 1024 }),
  });
}

function reasonFor({ job, way }: Prepared): string {
  const how = job.compare ? 'sends only what differs' : 'keeps holes';
  if (!way.far) return `${how}, within one machine`;
  return job.packing ? `${how}, packed with ${job.packing.choice}` : how;
}

/** A block device does not tell how much of it is zeros: count it whole. */
function spaceFor(facts: TransferRequest['from']['facts'], sparse: boolean): Pick<AcceptedOffer, 'space'> {
  const space = sparse && facts.kind === 'file' ? (facts.allocated ?? facts.size) : facts.size;
  return space === undefined ? {} : { space };
}

async function transfer(request: TransferRequest, context: TransferContext, options: ResolvedRsyncOptions): Promise<TransferReport> {
  context.report({ phase: 'connect' });
  const prepared = await prepareJob(request, context, options);
  if ('refusal' in prepared) {
    throw new ImageError(`rsync cannot do it any more: ${prepared.refusal}`, {
      code: 'UNSUPPORTED',
      origin: 'driver',
      driver: 'rsync',
      untouched: true,
    });
  }
  context.report({ phase: 'copy' });
  return { counters: await run(prepared, request, context, options) };
}

async function run(
  prepared: Prepared,
  request: TransferRequest,
  context: TransferContext,
  options: ResolvedRsyncOptions,
): Promise<TransferReport['counters']> {
  const { way, args, job } = prepared;
  const totals = new Map<Total, number>();
  const size = request.from.facts.size ?? Infinity;
  let moved = 0;
  const read = createLineReader((line) => {
    const found = parseLine(line);
    if (found?.kind === 'total') totals.set(found.name, found.bytes);
    if (found?.kind !== 'progress') return;
    moved = Math.max(moved, found.bytesLogical);
    // A file that did not arrive whole is sent once more, and rsync counts on.
    const bytesLogical = Math.min(moved, size);
    context.report({ bytesLogical, bytesRead: bytesLogical });
  });
  const result = await way.on.run('rsync', args, {
    signal: context.signal,
    killAfterMs: 1000,
    stallMs: patienceMs(options.stallMs, job.limitKiB, job.compare ? (request.from.facts.size ?? 0) : 0),
    progress: () => moved,
    environment: { ...way.environment, ...daemonEnvironment(job) },
    onStdout: read,
  });
  if (result.exitCode !== 0) throw failure(prepared, request, result);
  if (totals.get('files') === 0) throw nothingCopied(prepared, request);
  const counters = countersOf(totals, way.far !== undefined);
  context.report(counters);
  return counters;
}

function failure({ way }: Prepared, { from, name }: TransferRequest, result: Parameters<typeof rsyncError>[0]['result']): ImageError {
  const [fromHost, toHost] = [way.sender?.id ?? way.far?.name ?? 'local', way.receiver?.id ?? way.far?.name ?? 'local'];
  return rsyncError({
    result,
    from: { host: fromHost, path: from.path },
    to: { host: toHost, path: name.path },
    ...(way.far && { far: way.far }),
  });
}

/** rsync ends well when there was nothing that it wanted to copy. */
function nothingCopied({ job }: Prepared, { from, name }: TransferRequest): ImageError {
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
