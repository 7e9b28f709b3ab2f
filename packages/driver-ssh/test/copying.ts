import type { Host, KnownEndpoint, Limits, ProgressUpdate, TransferContext, TransferRequest } from '@image-api/driver';
import type { Hosts } from '@image-api/host';

export { failureOf, reaches, staging } from '../../host/test/driver-copying.ts';

/** This machine, and those that are reached over ssh. */
export type Machines = Pick<Hosts, 'local' | 'ssh'>;

/** One end of a copy: a path, on this machine unless a host of the ssh configuration is named. */
export interface End {
  readonly host?: string;
  readonly path: string;
}

export interface Asked {
  readonly request: TransferRequest;
  readonly context: TransferContext;
  readonly updates: readonly ProgressUpdate[];
  /** What the core's hand on the copy would call, as soon as the driver has said how. */
  readonly controls: Controls;
}

export interface Controls {
  pause?: () => Promise<void>;
  resume?: () => Promise<void>;
  limits?: (limits: Limits) => Promise<Limits>;
}

/** What a test asks for beside the two ends. */
export interface Wish extends Partial<TransferRequest> {
  readonly signal?: AbortSignal;
  readonly scratchDir?: string;
}

/** A copy as the core would ask for it. */
export async function ask(hosts: Machines, from: End, to: End, wish: Wish = {}): Promise<Asked> {
  const { signal = new AbortController().signal, scratchDir = '/nonexistent', ...more } = wish;
  const [sender, receiver] = [hostOf(hosts, from), hostOf(hosts, to)];
  const known = await endpoint(receiver, to);
  const name = { ...known, path: `${to.path}.named`, href: `${known.href}.named` };
  const basis = { id: 'task-1', overwrite: 'never', limits: {}, priority: 'normal', driverOptions: {} } as const;
  const request: TransferRequest = { ...basis, from: await endpoint(sender, from), to: known, name, ...more };
  const updates: ProgressUpdate[] = [];
  const controls: Controls = {};
  const silent = (): void => undefined;
  const context: TransferContext = {
    env: { local: hosts.local, logger: { debug: silent, warn: silent } },
    hosts: { from: sender, to: receiver },
    signal,
    scratchDir,
    report: (update) => updates.push(update),
    ready: silent,
    checkpoint: () => Promise.resolve(),
    onControl: (event: keyof Controls, handler: NonNullable<Controls[typeof event]>) => {
      Object.assign(controls, { [event]: handler });
      return silent;
    },
  };
  return { request, updates, context, controls };
}

function hostOf(hosts: Machines, { host }: End): Host {
  return host === undefined ? hosts.local : hosts.ssh({ host });
}

async function endpoint(host: Host, { host: name, path }: End): Promise<KnownEndpoint> {
  const stat = await host.stat(path);
  if (!stat) throw new Error(`${path} is not there`);
  const kind = stat.kind === 'block' ? ('block' as const) : ('file' as const);
  const facts = { kind, size: stat.size, allocated: stat.allocated };
  const place = { path, params: {}, facts };
  if (name === undefined) return { ...place, scheme: 'file', href: `file://${path}` };
  return { ...place, scheme: 'ssh', authority: { host: name }, href: `ssh://${name}${path}` };
}
