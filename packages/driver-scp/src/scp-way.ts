import type { Host, OfferContext, SshAccess, TransferRequest } from '@image-api/driver';
import { findDirectWay, isSameMachine } from '@image-api/host';
import type { Side } from '@image-api/host';
import { limitOfUnits, limitUnits } from './scp-args.ts';
import type { Address, Place } from './scp-args.ts';
import { isModern } from './scp-version.ts';

/** Where scp runs, and what it sees from there. */
export interface Way {
  readonly kind: 'upload' | 'download' | 'direct' | 'relay' | 'within';
  readonly on: Host;
  readonly from: Place;
  readonly to: Place;
  /** The options and variables of the ssh that is used. */
  readonly options: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** The end that is a file of the machine scp runs on; absent when neither is. */
  readonly local?: Side;
  /** Whom scp logs in to, in the user's words. */
  readonly far: readonly FarEnd[];
  readonly notes: readonly string[];
}

export interface FarEnd {
  readonly name: string;
  readonly address: Address;
}

type Remote = Host & { readonly ssh: SshAccess };

/** Find the way between the two ends; a refusal, in words, where there is none. Asks hosts only about a copy from host to host. */
export async function findWay(request: TransferRequest, context: OfferContext): Promise<Way | { readonly refusal: string }> {
  const { env, hosts } = context;
  const [sender, receiver] = [hosts.from ?? env.local, hosts.to ?? env.local];
  if (isRemote(sender) && isRemote(receiver)) return betweenHosts(request, context, sender, receiver);
  if (isRemote(receiver))
    return { ...fromHere(env.local, receiver), kind: 'upload', ...ends(request, undefined, receiver.ssh), local: 'source' };
  if (isRemote(sender))
    return { ...fromHere(env.local, sender), kind: 'download', ...ends(request, sender.ssh, undefined), local: 'destination' };
  return within(request, env.local);
}

async function betweenHosts(request: TransferRequest, context: OfferContext, sender: Remote, receiver: Remote): ReturnType<typeof findWay> {
  const { env, signal } = context;
  const tool = await sender.tool('scp');
  const byHere = whyByHere(request);
  if (byHere !== undefined) return relay(request, env.local, sender, receiver, byHere);
  // scp leaves a copy within a machine to cp, which holds no limit.
  if (request.limits.bandwidth === undefined && (await isSameMachine(sender, receiver, signal))) {
    return tool.available ? within(request, sender) : { refusal: `both ends are ${sender.id}, and ${tool.reason}` };
  }
  const direct = tool.available && isModern(tool.version) ? await findDirectWay(sender, receiver, signal) : noScp(sender);
  if (!direct.direct) return relay(request, env.local, sender, receiver, direct.reason);
  return {
    kind: 'direct',
    on: sender,
    ...ends(request, undefined, direct.ssh),
    options: direct.ssh.options,
    environment: {},
    local: 'source',
    far: [{ name: receiver.id, address: direct.ssh }],
    notes: [`straight from ${sender.id} to ${receiver.id}`],
  };
}

/** Why the bytes must come by here: what keeps hold of them does so on this machine. */
function whyByHere({ limits, needs = [] }: TransferRequest): string | undefined {
  if (needs.includes('pause')) return 'only so it can be paused';
  if (needs.includes('liveLimits')) return 'only so its limit can be changed while it runs';
  const tooLow = limits.bandwidth !== undefined && limitUnits(limits.bandwidth) === undefined;
  return tooLow ? `scp itself cannot hold a limit below ${limitOfUnits(1)} bytes a second` : undefined;
}

/** Whether the bytes come by here, where they can be paced. */
export function comesByHere({ kind }: Pick<Way, 'kind'>): boolean {
  return kind !== 'direct' && kind !== 'within';
}

function relay(request: TransferRequest, local: Host, sender: Remote, receiver: Remote, reason: string): Way {
  return {
    ...fromHere(local, sender, receiver),
    kind: 'relay',
    ...ends(request, sender.ssh, receiver.ssh),
    notes: ['relayed through this machine, not stored here', reason],
  };
}

function within(request: TransferRequest, on: Host): Way {
  return { kind: 'within', on, ...ends(request), options: [], environment: {}, far: [], notes: [`within ${on.id}`] };
}

/** The options are the same for every host of one configuration. */
function fromHere(on: Host, one: Remote, other?: Remote): Pick<Way, 'on' | 'options' | 'environment' | 'far' | 'notes'> {
  const remotes = other ? [one, other] : [one];
  const environment = Object.assign({}, ...remotes.map(({ ssh }) => ssh.environment)) as Record<string, string>;
  return { on, options: one.ssh.options, environment, far: remotes.map(({ id, ssh }) => ({ name: id, address: ssh })), notes: [] };
}

function ends({ from, to }: TransferRequest, sender?: Address, receiver?: Address): Pick<Way, 'from' | 'to'> {
  return { from: { path: from.path, ...(sender && { ssh: sender }) }, to: { path: to.path, ...(receiver && { ssh: receiver }) } };
}

function noScp(sender: Host): { readonly direct: false; readonly reason: string } {
  return { direct: false, reason: `${sender.id} has no scp of OpenSSH 9.0 or later` };
}

function isRemote(host: Host): host is Remote {
  return host.ssh !== undefined;
}
