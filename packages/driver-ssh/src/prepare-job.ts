import { randomBytes } from 'node:crypto';
import type { Host, OfferContext, SshAccess, TransferRequest } from '@image-api/driver';
import { findDirectWay, isSameMachine } from '@image-api/host';
import { measureLink } from './measure-link.ts';
import { choosePacking } from './packing.ts';
import type { Choice } from './packing.ts';
import type { CopyWords } from './ssh-args.ts';
import type { Circumstances } from './ssh-errors.ts';
import type { SshOptions } from './ssh-options.ts';
import { takeSample, unknownSample } from './take-sample.ts';

/** How one copy will go. */
export interface Job {
  readonly kind: CopyWords['kind'];
  readonly sender: Host;
  readonly receiver: Host;
  /** The machine on which the session is opened, and its other end. */
  readonly on: Host;
  readonly far: Host;
  /** How the ssh of the one gets to the other, and the variables it needs for it. */
  readonly ssh: CopyWords['ssh'];
  readonly environment: Readonly<Record<string, string>>;
  readonly choice: Choice;
  readonly processors: number;
  /** Words that nobody else says. The one end of a copy need not know that of the other. */
  readonly mark: string;
  readonly paceMark: string;
  readonly notes: readonly string[];
}

const leastMeasured = 64 * 1024 * 1024;

type Remote = Host & { readonly ssh: SshAccess };
type Pair = Pick<Job, 'sender' | 'receiver'>;
type Ends = Pick<Job, 'kind' | 'sender' | 'receiver' | 'on' | 'far' | 'ssh' | 'environment' | 'notes'>;
type Packer = Exclude<Choice['packing'], 'none'>;
/** `between`: it is that the one host does not get to the other, which may pass. */
export type Refusal = { readonly refusal: string; readonly between?: Pick<Circumstances, 'far' | 'by'> };

const routes = new Set(['file to ssh', 'ssh to file', 'ssh to ssh']);

/** Look at both ends, and at a little of the image. A refusal, in words, where it cannot be done. */
export async function prepareJob(request: TransferRequest, context: OfferContext, options: Required<SshOptions>): Promise<Job | Refusal> {
  const refusal = whyNot(request);
  if (refusal !== undefined) return { refusal };
  const { compress } = options;
  const pair = { sender: context.hosts.from ?? context.env.local, receiver: context.hosts.to ?? context.env.local };
  const first: Packer = compress === 'gzip' ? 'gzip' : 'zstd';
  // All at once: some questions to another machine are sessions of their own.
  const [ends, perl, missing, sampled, link] = await Promise.all([
    findEnds(request, pair, context),
    missingAt(pair, 'perl'),
    compress === 'none' ? undefined : missingAt(pair, first),
    compress === 'none' ? undefined : takeSample(pair.sender, request, first, context.signal),
    isWorthMeasuring(request) ? linkTo(pair, context.signal) : undefined,
  ]);
  if ('refusal' in ends) return ends;
  if (perl !== undefined) return { refusal: perl };
  if (missing !== undefined && compress !== 'auto') return { refusal: `compress is ${compress}, but ${missing}` };
  const second: Packer | undefined = missing !== undefined && (await missingAt(pair, 'gzip')) === undefined ? 'gzip' : undefined;
  const tool = missing === undefined ? first : second;
  const found = second === undefined ? sampled : await takeSample(pair.sender, request, second, context.signal);
  const { sample, processors } = found ?? { sample: unknownSample(request.from.facts), processors: 1 };
  const { bandwidth: limit } = request.limits;
  const tools = tool === undefined ? [] : [tool];
  const choice = choosePacking({
    compress,
    tools,
    sample,
    processors,
    ...(limit !== undefined && { limit }),
    ...(link !== undefined && { link }),
  });
  return { ...ends, choice, processors, mark: newMark(), paceMark: newMark() };
}

function newMark(): string {
  return `image-api-${randomBytes(8).toString('hex')}`;
}

/** What is there in a moment on any link needs no measuring. */
function isWorthMeasuring({ from: { facts } }: TransferRequest): boolean {
  return Math.min(facts.size ?? 0, facts.allocated ?? Infinity) >= leastMeasured;
}

/** Bytes per second. A link that does not end here would have to be measured over there. */
async function linkTo({ sender, receiver }: Pair, signal: AbortSignal): Promise<number | undefined> {
  if (isRemote(sender) && isRemote(receiver)) return undefined;
  return measureLink(isRemote(sender) ? sender : receiver, signal);
}

function whyNot(request: TransferRequest): string | undefined {
  const { from, to, toFormat } = request;
  const schemes = `${from.scheme} to ${to.scheme}`;
  if (!routes.has(schemes)) return routesOnly(request);
  if (to.facts.kind === 'block') return 'writes files only, no block devices';
  if (from.facts.size === undefined) return 'the size of the source is not known';
  return toFormat === undefined ? undefined : `cannot convert to ${toFormat}`;
}

function routesOnly({ from, to }: TransferRequest): string {
  return `copies to and from ssh hosts only, not from ${from.scheme} to ${to.scheme}`;
}

/** Where the session is opened, and to where; a refusal, in words, where it cannot be. Asks hosts only about a copy from host to host. */
async function findEnds(request: TransferRequest, { sender, receiver }: Pair, { env, signal }: OfferContext): Promise<Ends | Refusal> {
  if (isRemote(sender) && isRemote(receiver)) return betweenHosts(sender, receiver, signal);
  const far = isRemote(receiver) ? receiver : sender;
  if (!isRemote(far)) return { refusal: routesOnly(request) };
  const kind = far === receiver ? 'upload' : 'download';
  return { kind, sender, receiver, on: env.local, far, ssh: far.ssh, environment: far.ssh.environment, notes: [] };
}

async function betweenHosts(sender: Remote, receiver: Remote, signal: AbortSignal): Promise<Ends | Refusal> {
  const [isSame, way] = await Promise.all([isSameMachine(sender, receiver, signal), findDirectWay(sender, receiver, signal)]);
  if (isSame) return { refusal: `${sender.id} and ${receiver.id} are one machine, within which nothing goes over ssh` };
  if (!way.direct) return { refusal: way.reason, between: { far: receiver.id, by: sender.id } };
  const notes = [`straight from ${sender.id} to ${receiver.id}`];
  return { kind: 'between', sender, receiver, on: sender, far: receiver, ssh: way.ssh, environment: {}, notes };
}

function isRemote(host: Host): host is Remote {
  return host.ssh !== undefined;
}

/** Why not both ends have a tool; `undefined` when they have. */
async function missingAt({ sender, receiver }: Pair, tool: string): Promise<string | undefined> {
  const answers = await Promise.all([sender, receiver].map((end) => end.tool(tool)));
  return answers.flatMap((answer) => (answer.available ? [] : answer.reason))[0];
}
