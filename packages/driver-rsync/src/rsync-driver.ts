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
import { askDaemon } from './ask-daemon.ts';
import { estimateSeconds } from './estimate.ts';
import { prepareJob } from './prepare-job.ts';
import type { Prepared } from './prepare-job.ts';
import { resolveOptions } from './rsync-options.ts';
import type { ResolvedRsyncOptions, RsyncOptions } from './rsync-options.ts';
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
      pause: true,
      limits: 'live',
      progress: 'bytes',
      idle: true,
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
    way: job.packing ? 'packed' : 'plain',
    reason: reasonFor(prepared),
    commands: [{ host: way.on.id, tool: 'rsync', args }],
    ...limits,
    ...spaceFor(facts, job.sparse),
    notes,
  };
}

function secondsFor({ job, way, limits }: Prepared, facts: TransferRequest['from']['facts'], request: TransferRequest): number {
  const { held, to, priority } = request;
  const size = facts.size ?? 0;
  return estimateSeconds({
    size,
    allocated: facts.allocated ?? size,
    held: held === undefined ? 0 : Math.min(size, to.facts.size ?? size),
    overNetwork: way.far !== undefined,
    packed: job.packing !== undefined,
    idle: priority === 'idle',
    ...(limits?.limits?.bandwidth !== undefined && { limit: limits.limits.bandwidth }),
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
  // Loaded by who is chosen only.
  const { runRsync } = await import('./run-rsync.ts');
  return { counters: await runRsync(prepared, request, context, options) };
}
