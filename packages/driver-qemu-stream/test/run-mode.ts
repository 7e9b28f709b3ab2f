import { mkdtemp, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type {
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
import { createHosts } from '@image-api/host';
import type { Mode } from '../src/mode.ts';

const { local } = createHosts();

/** A copy by one mode under way, in the hand of a core. */
export interface RunningMode {
  readonly done: Promise<TransferReport>;
  readonly updates: readonly ProgressUpdate[];
  /** The sum that `checkpoint` was called with. */
  readonly paidFor: () => number;
  cancel(): void;
  pause(): Promise<void>;
  resume(): Promise<void>;
  setLimits(limits: Limits): Promise<Limits>;
  /** Until so many bytes are dealt with. */
  reaches(bytes: number): Promise<void>;
}

export function requestOf(from: KnownEndpoint, to: KnownEndpoint, more: Partial<TransferRequest> = {}): TransferRequest {
  return { id: 'task-1', from, to, name: to, overwrite: 'never', limits: {}, priority: 'normal', driverOptions: {}, ...more };
}

/** What is at a path of this machine. */
export async function fileAt(path: string, format: KnownEndpoint['facts']['format'] = 'raw'): Promise<KnownEndpoint> {
  const { size, blocks } = await stat(path);
  return { scheme: 'file', path, params: {}, href: `file://${path}`, facts: { kind: 'file', size, allocated: blocks * 512, format } };
}

export function offerOf(mode: Mode, request: TransferRequest): Promise<Offer> {
  return mode.offer(request, offerContext());
}

/** Begin a copy; `folder` is where its private directory is made, `from` the host of the source. */
export async function beginMode(mode: Mode, request: TransferRequest, folder: string, from: Host = local): Promise<RunningMode> {
  const scratchDir = await mkdtemp(join(folder, 'scratch-'));
  const cancel = new AbortController();
  const updates: ProgressUpdate[] = [];
  const handlers: { pause?: () => Promise<void>; resume?: () => Promise<void>; limits?: (limits: Limits) => Promise<Limits> } = {};
  let paid = 0;
  const context: TransferContext = {
    ...offerContext(),
    hosts: { from, to: local },
    signal: cancel.signal,
    scratchDir,
    report: (update) => updates.push(update),
    ready: () => undefined,
    checkpoint: (bytes) => {
      paid += bytes;
      return Promise.resolve();
    },
    onControl: (event, handler) => {
      Object.assign(handlers, { [event]: handler });
      return () => undefined;
    },
  };
  const done = transferAndTidy(mode, request, context);
  done.catch(() => undefined);
  return {
    done,
    updates,
    paidFor: () => paid,
    cancel: () => cancel.abort(),
    pause: async () => handlers.pause?.(),
    resume: async () => handlers.resume?.(),
    setLimits: async (limits) => (await handlers.limits?.(limits)) ?? {},
    reaches: (bytes) => reached(updates, bytes, done),
  };
}

async function transferAndTidy(mode: Mode, request: TransferRequest, context: TransferContext): Promise<TransferReport> {
  try {
    return await mode.transfer(request, context);
  } finally {
    await rm(context.scratchDir, { recursive: true });
  }
}

function offerContext(): OfferContext {
  const silent = (): void => undefined;
  return {
    env: { local, logger: { debug: silent, warn: silent } },
    hosts: { from: local, to: local },
    signal: new AbortController().signal,
  };
}

async function reached(updates: readonly ProgressUpdate[], bytes: number, done: Promise<unknown>): Promise<void> {
  let isOver = false;
  const end = (): void => void (isOver = true);
  void done.then(end, end);
  while (!updates.some(({ bytesLogical = 0 }) => bytesLogical >= bytes)) {
    if (isOver) throw new Error('it ended before it came so far');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
