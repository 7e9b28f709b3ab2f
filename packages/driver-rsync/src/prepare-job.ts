import type { AcceptedOffer, Host, OfferContext, ToolInfo, TransferRequest } from '@image-api/driver';
import { paceProgram } from '@image-api/host';
import { choosePacking } from './compression.ts';
import type { RsyncAbout } from './compression.ts';
import { canBeFetched } from './remote-path.ts';
import { rsyncArgs } from './rsync-args.ts';
import type { Job } from './rsync-args.ts';
import { arrangeIdle, idleNote } from './idle.ts';
import { limitInKiB, limitsInForce } from './rsync-limit.ts';
import type { ResolvedRsyncOptions } from './rsync-options.ts';
import { atLeast } from './version.ts';
import { findWay } from './rsync-way.ts';
import type { Way } from './rsync-way.ts';

/** What is to be run, and what there is to say about it beforehand. */
export interface Prepared {
  readonly way: Way;
  readonly job: Job;
  readonly args: readonly string[];
  readonly limits?: Pick<AcceptedOffer, 'limits' | 'charged'>;
  readonly notes: readonly string[];
}

export type Refusal = { readonly refusal: string };

/** The oldest that keeps holes while it writes in place. */
const oldest = '3.1.3';
/** Before it, a daemon could make its client write and give away what it wanted. */
const oldestForDaemons = '3.4.0';
/** Before it, rsync left old bytes standing, or wrote wrong ones, where it both compared and kept holes. */
const comparesAndKeepsHoles = '3.3.0';
const readsDevices = '3.2.4';

/** Decide how a copy is done: the same for the offer and for the transfer, so that a plan shows what will run. Reads only. */
export async function prepareJob(
  request: TransferRequest,
  context: OfferContext,
  options: ResolvedRsyncOptions,
): Promise<Prepared | Refusal> {
  const impossible = refuseByFacts(request);
  if (impossible !== undefined) return { refusal: impossible };
  const way = await findWay(request, context);
  if ('refusal' in way) return way;
  const keeping = keepingOf(way, request);
  if ('refusal' in keeping) return keeping;
  const awkward = refuseByName(way);
  if (awkward !== undefined) return { refusal: awkward };

  const tools = await askTools(way);
  if ('refusal' in tools) return tools;
  const outdated = refuseByVersion(request, way, tools);
  if (outdated !== undefined) return { refusal: outdated };
  const packing = packingOf(way, tools, options);
  if ('refusal' in packing) return packing;
  const idle = request.priority === 'idle' ? await arrangeIdle(way) : {};
  if ('refusal' in idle) return idle;

  const compare = request.held !== undefined;
  const sparse = !compare || atLeast(tools.receiver?.version ?? oldest, comparesAndKeepsHoles);
  const { from, to } = way;
  const device = request.from.facts.kind === 'block';
  const replace = request.overwrite === 'replace';
  const job: Job = { from, to, compare, sparse, device, replace, ...keeping, ...packing, ...idle, ...passwordOf(way, options) };
  const limits = limitsOf(job, way, request);
  const notes = [
    ...way.notes,
    ...(request.priority === 'idle' ? [idleNote] : []),
    ...(job.pace === undefined ? ['can neither be paused nor have its limit changed while it runs'] : []),
    ...(sparse ? [] : [`holes are filled: rsync ${tools.receiver?.version ?? ''} cannot keep them while it compares`]),
  ];
  return { way, job, args: rsyncArgs(job), notes, ...(limits && { limits }) };
}

const schemes = new Set(['file', 'ssh', 'rsync']);

function refuseByFacts({ from, to, toFormat }: TransferRequest): string | undefined {
  if (!schemes.has(from.scheme) || !schemes.has(to.scheme)) return `rsync does not copy from ${from.scheme} to ${to.scheme}`;
  if (toFormat !== undefined) return 'rsync does not convert images';
  if (to.facts.kind === 'block') return 'rsync writes block devices only with options that can make a file of one; use cp for it';
  return from.facts.kind === 'block' && to.scheme === 'rsync' ? 'rsync does not send a block device to a daemon' : undefined;
}

function refuseByName({ from, to }: Way): string | undefined {
  if (from.kind !== 'here' && !canBeFetched(from.path)) return 'rsync cannot fetch a name with both a backslash and a wildcard in it';
  if (to.kind === 'daemon' && /^\/+[^/]+\/+-/.test(to.path)) return 'an rsync daemon takes a name that begins with a dash for an option';
  // What is not there yet matches no wildcard, and then the escapes become a part of the name.
  if (to.kind === 'daemon' && /[*?[]/.test(to.path)) return 'rsync cannot make a file on a daemon whose path has a wildcard in it';
  const daemon = [from, to].find((place) => place.kind === 'daemon');
  return daemon && !/^\/+[^/]+\/+[^/]/.test(daemon.path) ? 'the path of an rsync daemon is /module/file' : undefined;
}

interface Tools {
  readonly on: RsyncAbout;
  readonly sender?: RsyncAbout;
  readonly receiver?: RsyncAbout;
}

async function askTools({ on, sender, receiver }: Way): Promise<Tools | Refusal> {
  const hosts = [on, sender, receiver].filter((host) => host !== undefined);
  const found = new Map<Host, ToolInfo>();
  await Promise.all([...new Set(hosts)].map(async (host) => found.set(host, await host.tool('rsync'))));
  for (const [host, info] of found) {
    if (!info.available) return { refusal: whereMissing(host, info.reason) };
    if (!atLeast(info.version, oldest)) return { refusal: `needs rsync ${oldest} or later on ${placeName(host)}, found ${info.version}` };
  }
  const about = (host: Host | undefined): ToolInfo | undefined => host && found.get(host);
  const [mine, senders, receivers] = [about(on), about(sender), about(receiver)];
  if (!mine?.available) return { refusal: `rsync is not installed on ${placeName(on)}` };
  return { on: mine, ...(senders?.available && { sender: senders }), ...(receivers?.available && { receiver: receivers }) };
}

function refuseByVersion({ from }: TransferRequest, way: Way, { on, sender }: Tools): string | undefined {
  const daemon = way.from.kind === 'daemon' || way.to.kind === 'daemon';
  if (daemon && !atLeast(on.version, oldestForDaemons)) {
    return `rsync ${on.version} is not safe with a daemon that is not trusted: needs ${oldestForDaemons} or later here`;
  }
  if (from.facts.kind === 'block' && sender && !atLeast(sender.version, readsDevices)) {
    return `needs rsync ${readsDevices} or later to read a block device, found ${sender.version}`;
  }
  return undefined;
}

function packingOf(way: Way, { sender, receiver }: Tools, options: ResolvedRsyncOptions): ReturnType<typeof choosePacking> {
  if (!way.far) return {};
  return choosePacking(options, sender && receiver ? [sender, receiver] : undefined);
}

function passwordOf({ from, to }: Way, { passwordFile }: ResolvedRsyncOptions): Pick<Job, 'passwordFile'> {
  const daemon = from.kind === 'daemon' || to.kind === 'daemon';
  return daemon && passwordFile !== undefined ? { passwordFile } : {};
}

/** Who keeps the limit: a program of ours where the bytes come by here, else rsync itself, over there. */
function keepingOf({ on, notes }: Way, { limits, needs = [] }: TransferRequest): Pick<Job, 'pace' | 'limitKiB'> | Refusal {
  if (on.kind === 'local') return { pace: paceProgram() };
  const [where = on.id] = notes;
  if (needs.includes('pause')) return { refusal: `rsync cannot pause a copy ${where}` };
  if (needs.includes('liveLimits')) return { refusal: `rsync cannot change the limit of a copy ${where} while it runs` };
  return limitInKiB(limits);
}

/** The limit holds for what is on the wire: packed, image bytes may come faster. */
function limitsOf({ pace, limitKiB, packing }: Job, { far }: Way, request: TransferRequest): Prepared['limits'] {
  const limits = pace === undefined ? limitsInForce(limitKiB) : request.limits;
  if (limits?.bandwidth === undefined) return undefined;
  const onWire = pace === undefined ? packing !== undefined : far !== undefined;
  return { limits, charged: onWire ? 'wire' : 'image' };
}

/** Most reasons name the host already. */
function whereMissing(host: Host, reason: string): string {
  return host.kind === 'local' || reason.includes(host.id) ? reason : `${host.id}: ${reason}`;
}

function placeName(host: Host): string {
  return host.kind === 'local' ? 'this machine' : host.id;
}
