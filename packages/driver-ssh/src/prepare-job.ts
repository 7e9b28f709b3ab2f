import { randomBytes } from 'node:crypto';
import type { Host, OfferContext, SshAccess, TransferRequest } from '@image-api/driver';
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

type Remote = Job['far'];
type Refusal = { readonly refusal: string };
type Packer = 'zstd' | 'gzip';

/** Look at both ends, and at a little of the image. A refusal, in words, where it cannot be done. */
export async function prepareJob(request: TransferRequest, context: OfferContext, options: Required<SshOptions>): Promise<Job | Refusal> {
  const refusal = whyNot(request);
  const ends = endsOf(context);
  if (refusal !== undefined || ends === undefined) return { refusal: refusal ?? routesOnly(request) };
  const tools = await toolsAt(ends.sender, ends.receiver, options);
  if ('refusal' in tools) return tools;
  const [packer] = tools;
  const found =
    packer === undefined || options.compress === 'none'
      ? { sample: unknownSample(request.from.facts), processors: 1 }
      : await takeSample(ends.sender, request, packer, context.signal);
  const { bandwidth: limit } = request.limits;
  const choice = choosePacking({ ...found, tools, compress: options.compress, ...(limit !== undefined && { limit }) });
  return { ...ends, choice, processors: found.processors, mark: `image-api-${randomBytes(8).toString('hex')}` };
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

/** What both ends can pack with, the better first. */
async function toolsAt(sender: Host, receiver: Host, { compress }: Required<SshOptions>): Promise<readonly Packer[] | Refusal> {
  const ends = [sender, receiver];
  const perls = await Promise.all(ends.map((end) => end.tool('perl')));
  for (const perl of perls) if (!perl.available) return { refusal: perl.reason };
  for (const packer of wanted(compress)) {
    const answers = await Promise.all(ends.map((end) => end.tool(packer)));
    const missing = answers.find(({ available }) => !available);
    if (!missing) return [packer];
    if (compress !== 'auto' && !missing.available) return { refusal: `compress is ${packer}, but ${missing.reason}` };
  }
  return [];
}

function wanted(compress: Required<SshOptions>['compress']): readonly Packer[] {
  if (compress === 'none') return [];
  return compress === 'auto' ? ['zstd', 'gzip'] : [compress];
}
