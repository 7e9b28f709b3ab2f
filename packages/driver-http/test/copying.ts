import type { IncomingMessage } from 'node:http';
import type { Endpoint, Facts, Host, ProgressUpdate, TransferContext, TransferRequest } from '@image-api/driver';
import type { Hosts } from '@image-api/host';

export { failureOf, reaches, staging } from '../../host/test/driver-copying.ts';

export interface Asked {
  readonly request: TransferRequest;
  readonly context: TransferContext;
  readonly updates: ProgressUpdate[];
}

/** What a test asks for beside the two ends. */
export interface Wish extends Partial<TransferRequest> {
  readonly signal?: AbortSignal;
  /** Of the source. */
  readonly facts?: Partial<Facts>;
  /** Where it goes. Default: this machine. */
  readonly host?: Host;
}

/** A copy as the core would ask for it. */
export function ask({ local }: Hosts, href: string, path: string, { signal, facts, host = local, ...more }: Wish = {}): Asked {
  const place = (to: string): Endpoint =>
    host === local
      ? { scheme: 'file', path: to, params: {}, href: `file://${to}` }
      : { scheme: 'ssh', authority: { host: host.id }, path: to, params: {}, href: `ssh://${host.id}${to}` };
  const { pathname, protocol } = new URL(href);
  const from = { scheme: protocol.slice(0, -1), path: pathname, params: {}, href, facts: { kind: 'opaque' as const, ...facts } };
  const to = { ...place(path), facts: { kind: 'file' as const } };
  const basis = { id: 'task-1', overwrite: 'never', limits: {}, priority: 'normal', driverOptions: {} } as const;
  const request: TransferRequest = { ...basis, from, to, name: place(`${path}.named`), ...more };
  const updates: ProgressUpdate[] = [];
  const silent = (): void => undefined;
  const context: TransferContext = {
    env: { local, logger: { debug: silent, warn: silent } },
    hosts: { to: host },
    signal: signal ?? new AbortController().signal,
    scratchDir: '/nonexistent',
    report: (update) => updates.push(update),
    ready: silent,
    checkpoint: () => Promise.resolve(),
    onControl: () => silent,
  };
  return { request, updates, context };
}

/** What a request asks for; 0 where it does not say. */
export function rangeOf(request: IncomingMessage): { first: number; last: number } {
  const [first = 0, last = 0] = (/(\d+)-(\d+)/.exec(request.headers.range ?? '')?.slice(1) ?? []).map(Number);
  return { first, last };
}
