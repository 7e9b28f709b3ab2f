import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, open, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type {
  Endpoint,
  Facts,
  Host,
  KnownEndpoint,
  Limits,
  Offer,
  OfferContext,
  ProgressUpdate,
  TransferContext,
  TransferReport,
  TransferRequest,
} from '@image-api/driver';
import { dataExtents } from '@image-api/host';
import { rsync } from '../src/index.ts';

export const mebibyte = 2 ** 20;

/** A temporary directory, and copies in it asked of the driver directly, as the core would. */
export interface Lab {
  readonly directory: string;
  path(name: string): string;
  /** A file of data and holes, in MiB: positive numbers are random bytes, negative ones holes. Mode 0600. */
  make(name: string, ...mebibytes: readonly number[]): Promise<string>;
  offer(copy: Copy): Promise<Offer>;
  copy(copy: Copy): Promise<TransferReport & { readonly updates: readonly ProgressUpdate[] }>;
  remove(): Promise<void>;
}

export interface Copy extends Partial<Pick<TransferRequest, 'held' | 'overwrite' | 'limits' | 'driverOptions' | 'needs' | 'priority'>> {
  readonly from: End;
  readonly to: End;
  readonly signal?: AbortSignal;
  readonly steering?: Steering;
}

/** The hand on a running copy; rejects where it takes no orders. */
export interface Steering {
  readonly onControl: TransferContext['onControl'];
  pause(): Promise<void>;
  resume(): Promise<void>;
  setLimits(limits: Limits): Promise<Limits>;
}

/** A path on a host, or on an rsync daemon. */
export type End =
  | { readonly host: Host; readonly path: string }
  | { readonly daemonPort: number; readonly user?: string; readonly path: string };

export async function createLab(local: Host): Promise<Lab> {
  const directory = await mkdtemp(join(tmpdir(), 'image-api-rsync-'));
  const logger = { debug: () => undefined, warn: () => undefined };
  const contextOf = ({ from, to, signal }: Copy): OfferContext => ({
    env: { local, logger },
    signal: signal ?? new AbortController().signal,
    hosts: { ...('host' in from && { from: from.host }), ...('host' in to && { to: to.host }) },
  });
  const path = (name: string): string => join(directory, name);
  return {
    directory,
    path,
    make: (name, ...mebibytes) => makeFile(path(name), mebibytes),
    offer: async (copy) => rsync().offer(await requestOf(copy), contextOf(copy)),
    copy: async (copy) => {
      const updates: ProgressUpdate[] = [];
      const context: TransferContext = {
        ...contextOf(copy),
        scratchDir: directory,
        report: (update) => void updates.push(update),
        ready: () => undefined,
        checkpoint: () => Promise.resolve(),
        onControl: copy.steering?.onControl ?? (() => () => undefined),
      };
      return { ...(await rsync().transfer(await requestOf(copy), context)), updates };
    },
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}

export function createSteering(): Steering {
  type Handler = (limits: Limits) => Promise<void | Limits>;
  const handlers = new Map<string, Handler>();
  const give = async (event: string, limits: Limits = {}): Promise<void | Limits> => {
    const handler = handlers.get(event);
    if (!handler) throw new Error(`nothing listens for ${event}`);
    return handler(limits);
  };
  return {
    onControl: (event, handler: Handler) => {
      handlers.set(event, handler);
      return () => void handlers.delete(event);
    },
    pause: async () => void (await give('pause')),
    resume: async () => void (await give('resume')),
    setLimits: async (limits) => (await give('limits', limits)) ?? {},
  };
}

export async function digestOf(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}

export async function allocatedOf(path: string): Promise<number> {
  return (await stat(path)).blocks * 512;
}

/** Bytes that are no hole. */
export async function dataOf(path: string): Promise<number> {
  const file = await open(path, 'r');
  try {
    const extents = await dataExtents(file, { size: (await file.stat()).size, ours: process.env });
    return (extents ?? []).reduce((sum, { from, to }) => sum + to - from, 0);
  } finally {
    await file.close();
  }
}

async function makeFile(path: string, mebibytes: readonly number[]): Promise<string> {
  const file = await open(path, 'w', 0o600);
  let at = 0;
  for (const count of mebibytes) {
    for (let i = 0; i < count; i++) await file.write(randomBytes(mebibyte), 0, mebibyte, at + i * mebibyte);
    at += Math.abs(count) * mebibyte;
  }
  await file.truncate(at);
  await file.close();
  return path;
}

async function requestOf({ from, to, held, overwrite, limits, needs, driverOptions, priority }: Copy): Promise<TransferRequest> {
  const known = await endpointOf(to);
  return {
    id: 'test',
    from: await endpointOf(from),
    to: known,
    name: known,
    ...(held && { held }),
    overwrite: overwrite ?? 'never',
    limits: limits ?? {},
    ...(needs && { needs }),
    priority: priority ?? 'normal',
    driverOptions: driverOptions ?? {},
  };
}

async function endpointOf(end: End): Promise<KnownEndpoint> {
  if ('daemonPort' in end) {
    const authority = { host: '127.0.0.1', port: end.daemonPort, ...(end.user !== undefined && { user: end.user }) };
    return { ...endpoint('rsync', end.path), authority, facts: { kind: 'opaque' } };
  }
  const { ssh } = end.host;
  const authority = ssh && {
    host: ssh.host,
    ...(ssh.port !== undefined && { port: ssh.port }),
    ...(ssh.user !== undefined && { user: ssh.user }),
  };
  return { ...endpoint(ssh ? 'ssh' : 'file', end.path), ...(authority && { authority }), facts: await factsOf(end) };
}

function endpoint(scheme: string, path: string): Endpoint {
  return { scheme, path, params: {}, href: `${scheme}:${path}` };
}

async function factsOf({ host, path }: Extract<End, { host: Host }>): Promise<Facts> {
  const found = await host.stat(path);
  if (!found) return { kind: 'absent' };
  return { kind: found.kind === 'block' ? 'block' : 'file', size: found.size, allocated: found.allocated };
}
