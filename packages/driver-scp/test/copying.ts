import type {
  AcceptedOffer,
  Driver,
  Host,
  KnownEndpoint,
  Offer,
  ProgressUpdate,
  TransferContext,
  TransferReport,
  TransferRequest,
} from '@image-api/driver';
import type { Hosts } from '@image-api/host';

export { failureOf, staging } from '../../host/test/driver-copying.ts';

/** One end of a copy: a path, on this machine unless a host of the ssh configuration is named. */
export interface End {
  readonly host?: string;
  readonly path: string;
}

export interface Asked {
  readonly request: TransferRequest;
  readonly context: TransferContext;
  readonly updates: readonly ProgressUpdate[];
}

/** A copy as the core would ask for it. */
export async function ask(hosts: Hosts, from: End, to: End, more: Partial<TransferRequest> = {}, signal?: AbortSignal): Promise<Asked> {
  const [sender, receiver] = [hostOf(hosts, from), hostOf(hosts, to)];
  const known = await endpoint(receiver, to);
  const request: TransferRequest = {
    id: 'task-1',
    from: await endpoint(sender, from),
    to: known,
    name: { ...known, path: `${to.path}.named`, href: `${known.href}.named` },
    overwrite: 'never',
    limits: {},
    priority: 'normal',
    driverOptions: {},
    ...more,
  };
  const updates: ProgressUpdate[] = [];
  return { request, updates, context: contextOf(hosts.local, { from: sender, to: receiver }, updates, signal) };
}

export async function offerOf(driver: Driver, { request, context }: Asked): Promise<Offer> {
  return driver.offer(request, context);
}

/** What the driver offers; a refusal fails the test with its reason. */
export async function acceptedBy(driver: Driver, asked: Asked): Promise<AcceptedOffer> {
  const offer = await offerOf(driver, asked);
  if (!offer.accept) throw new Error(`refused: ${offer.reason}`);
  return offer;
}

export function transfer(driver: Driver, { request, context }: Asked): Promise<TransferReport> {
  return driver.transfer(request, context);
}

function hostOf(hosts: Hosts, { host }: End): Host {
  return host === undefined ? hosts.local : hosts.ssh({ host });
}

async function endpoint(host: Host, { host: name, path }: End): Promise<KnownEndpoint> {
  const stat = await host.stat(path);
  if (!stat) throw new Error(`${path} is not there`);
  const { size, allocated } = stat;
  const where =
    name === undefined
      ? { scheme: 'file', href: `file://${path}` }
      : { scheme: 'ssh', authority: { host: name }, href: `ssh://${name}${path}` };
  return { ...where, path, params: {}, facts: { kind: 'file', size, allocated } };
}

function contextOf(
  local: Host,
  hosts: { from: Host; to: Host },
  updates: ProgressUpdate[],
  signal = new AbortController().signal,
): TransferContext {
  const silent = (): void => undefined;
  return {
    env: { local, logger: { debug: silent, warn: silent } },
    hosts,
    signal,
    scratchDir: '/nonexistent',
    report: (update) => updates.push(update),
    ready: silent,
    checkpoint: () => Promise.resolve(),
    onControl: () => silent,
  };
}
