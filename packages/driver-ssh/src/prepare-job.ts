import { randomBytes } from 'node:crypto';
import type { Host, OfferContext, SshAccess, TransferRequest } from '@image-api/driver';
import { measureLink } from './measure-link.ts';
import { choosePacking } from './packing.ts';
import type { Choice } from './packing.ts';
import type { SshOptions } from './ssh-options.ts';
import { takeSample, unknownSample } from './take-sample.ts';

/** How one copy will go. */
export interface Job {
  readonly kind: 'upload' | 'download';
  readonly sender: Host;
  readonly receiver: Host;
  readonly far: Host & { readonly ssh: SshAccess };
  readonly choice: Choice;
  readonly processors: number;
  readonly mark: string;
}

const leastMeasured = 64 * 1024 * 1024;

type Remote = Job['far'];
type Packer = Exclude<Choice['packing'], 'none'>;
type Refusal = { readonly refusal: string };

/** Look at both ends, and at a little of the image. A refusal, in words, where it cannot be done. */
export async function prepareJob(request: TransferRequest, context: OfferContext, options: Required<SshOptions>): Promise<Job | Refusal> {
  const refusal = whyNot(request);
  const ends = endsOf(context);
  if (refusal !== undefined || ends === undefined) return { refusal: refusal ?? routesOnly(request) };
  const { compress } = options;
  const first: Packer = compress === 'gzip' ? 'gzip' : 'zstd';
  // All at once: each question to another machine is a session of its own.
  const [perl, missing, sampled, link] = await Promise.all([
    missingAt(ends, 'perl'),
    compress === 'none' ? undefined : missingAt(ends, first),
    compress === 'none' ? undefined : takeSample(ends.sender, request, first, context.signal),
    isWorthMeasuring(request) ? measureLink(ends.far, context.signal) : undefined,
  ]);
  if (perl !== undefined) return { refusal: perl };
  if (missing !== undefined && compress !== 'auto') return { refusal: `compress is ${compress}, but ${missing}` };
  const second: Packer | undefined = missing !== undefined && (await missingAt(ends, 'gzip')) === undefined ? 'gzip' : undefined;
  const tool = missing === undefined ? first : second;
  const found = second === undefined ? sampled : await takeSample(ends.sender, request, second, context.signal);
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
  return { ...ends, choice, processors, mark: `image-api-${randomBytes(8).toString('hex')}` };
}

/** What is there in a moment on any link needs no measuring. */
function isWorthMeasuring({ from: { facts } }: TransferRequest): boolean {
  return Math.min(facts.size ?? 0, facts.allocated ?? Infinity) >= leastMeasured;
}

function whyNot(request: TransferRequest): string | undefined {
  const { from, to, toFormat } = request;
  const schemes = `${from.scheme} to ${to.scheme}`;
  if (schemes !== 'file to ssh' && schemes !== 'ssh to file') return routesOnly(request);
  if (to.facts.kind === 'block') return 'writes files only, no block devices';
  if (from.facts.size === undefined) return 'the size of the source is not known';
  return toFormat === undefined ? undefined : `cannot convert to ${toFormat}`;
}

function routesOnly({ from, to }: TransferRequest): string {
  return `copies between this machine and ssh hosts only, not from ${from.scheme} to ${to.scheme}`;
}

function endsOf({ env, hosts }: OfferContext): Pick<Job, 'kind' | 'sender' | 'receiver' | 'far'> | undefined {
  const [sender, receiver] = [hosts.from ?? env.local, hosts.to ?? env.local];
  if (isRemote(receiver) && !isRemote(sender)) return { kind: 'upload', sender, receiver, far: receiver };
  return isRemote(sender) && !isRemote(receiver) ? { kind: 'download', sender, receiver, far: sender } : undefined;
}

function isRemote(host: Host): host is Remote {
  return host.ssh !== undefined;
}

/** Why not both ends have a tool; `undefined` when they have. */
async function missingAt({ sender, receiver }: Pick<Job, 'sender' | 'receiver'>, tool: string): Promise<string | undefined> {
  const answers = await Promise.all([sender, receiver].map((end) => end.tool(tool)));
  return answers.flatMap((answer) => (answer.available ? [] : answer.reason))[0];
}
