import type { Host, OfferContext, SshAccess, TransferRequest } from '@image-api/driver';
import { findDirectWay, isSameMachine } from '@image-api/host';
import type { Side } from '@image-api/host';
import type { Place } from './rsync-args.ts';

/** Where rsync runs, and what it sees from there. */
export interface Way {
  /** The machine the rsync that is told what to do runs on. */
  readonly on: Host;
  /** The machines whose rsync takes part; a daemon's is not ours to ask. */
  readonly sender?: Host;
  readonly receiver?: Host;
  readonly from: Place;
  readonly to: Place;
  /** The end behind a network; absent for a copy within one machine. */
  readonly far?: { readonly side: Side; readonly name: string };
  /** Variables the ssh of this way needs. */
  readonly environment: Readonly<Record<string, string>>;
  readonly notes: readonly string[];
}

/** Find the way between two endpoints; a refusal, in words, where there is none. Asks hosts only about a copy from host to host. */
export async function findWay(request: TransferRequest, { env, hosts, signal }: OfferContext): Promise<Way | { readonly refusal: string }> {
  const { from, to } = request;
  if (from.scheme === 'rsync' || to.scheme === 'rsync') return daemonWay(request, env.local);
  const [sender, receiver] = [hosts.from ?? env.local, hosts.to ?? env.local];
  const base = { sender, receiver, from: here(from.path), to: here(to.path), environment: {}, notes: [] };
  if (!sender.ssh && !receiver.ssh) return { ...base, on: env.local };
  if (!sender.ssh && receiver.ssh)
    return { ...base, on: env.local, ...farEnd(receiver, 'destination'), to: overSsh(receiver.ssh, to.path) };
  if (sender.ssh && !receiver.ssh) return { ...base, on: env.local, ...farEnd(sender, 'source'), from: overSsh(sender.ssh, from.path) };

  if (await isSameMachine(sender, receiver, signal)) return { ...base, on: sender, notes: [`within ${sender.id}`] };
  const way = await findDirectWay(sender, receiver, signal);
  if (!way.direct) return { refusal: way.reason };
  const far = { side: 'destination' as const, name: receiver.id };
  return { ...base, on: sender, far, to: overSsh(way.ssh, to.path), notes: [`straight from ${sender.id} to ${receiver.id}`] };
}

function daemonWay({ from, to }: TransferRequest, local: Host): Way | { readonly refusal: string } {
  const side = from.scheme === 'rsync' ? 'source' : 'destination';
  const { scheme, authority, path } = side === 'source' ? from : to;
  const other = side === 'source' ? to : from;
  if (!authority || other.scheme !== 'file')
    return { refusal: `rsync goes between a ${scheme} daemon and a file of this machine, nothing else` };
  const daemon: Place = { kind: 'daemon', ...authority, path };
  const far = { side, name: authority.host } as const;
  const base = { on: local, far, environment: {} };
  if (side === 'source') return { ...base, receiver: local, from: daemon, to: here(to.path), notes: ['unencrypted'] };
  return {
    ...base,
    sender: local,
    from: here(from.path),
    to: daemon,
    notes: ["weaker: rsync's own temporary name and rename", 'unencrypted'],
  };
}

function here(path: string): Place {
  return { kind: 'here', path };
}

function overSsh(ssh: Omit<SshAccess, 'environment'>, path: string): Place {
  return { kind: 'ssh', ssh, path };
}

function farEnd(host: Host, side: Side): Pick<Way, 'far' | 'environment'> {
  return { far: { side, name: host.id }, environment: host.ssh?.environment ?? {} };
}
