import { dirname } from 'node:path';
import type {
  AcceptedOffer,
  Driver,
  KnownEndpoint,
  ProgressUpdate,
  TransferContext,
  TransferReport,
  TransferRequest,
} from '@image-api/driver';
import { createHosts } from '@image-api/host';

export { failureOf, staging } from '../../host/test/driver-copying.ts';

const { local } = createHosts();

/** A copy from one path of this machine to another, as the core would ask for it. */
export async function requestFor(from: string, to: string, more: Partial<TransferRequest> = {}): Promise<TransferRequest> {
  const known = await endpoint(to);
  return {
    id: 'task-1',
    from: await endpoint(from),
    to: known,
    name: { ...known, path: `${to}.named`, href: `file://${to}.named` },
    overwrite: 'never',
    limits: {},
    priority: 'normal',
    driverOptions: {},
    ...more,
  };
}

/** What the driver offers; a refusal fails the test with its reason. */
export async function offerOf(driver: Driver, request: TransferRequest): Promise<AcceptedOffer> {
  const offer = await driver.offer(request, contextFor());
  if (!offer.accept) throw new Error(`refused: ${offer.reason}`);
  return offer;
}

export async function transfer(
  driver: Driver,
  request: TransferRequest,
  signal?: AbortSignal,
): Promise<{ report: TransferReport; updates: readonly ProgressUpdate[]; milliseconds: number }> {
  const updates: ProgressUpdate[] = [];
  const start = performance.now();
  const report = await driver.transfer(request, contextFor(updates, signal));
  return { report, updates, milliseconds: performance.now() - start };
}

export function contextFor(updates: ProgressUpdate[] = [], signal: AbortSignal = new AbortController().signal): TransferContext {
  const silent = (): void => undefined;
  return {
    env: { local, logger: { debug: silent, warn: silent } },
    hosts: { from: local, to: local },
    signal,
    scratchDir: '/nonexistent',
    report: (update) => updates.push(update),
    ready: silent,
    checkpoint: () => Promise.resolve(),
    onControl: () => silent,
  };
}

async function endpoint(path: string): Promise<KnownEndpoint> {
  const stat = await local.stat(path, { follow: true });
  if (!stat) throw new Error(`${path} is not there`);
  const kind = stat.kind === 'block' ? 'block' : 'file';
  const { filesystem } = await local.space(dirname(path));
  const facts = { kind, size: stat.size, allocated: stat.allocated, device: Number(stat.device), filesystem } as const;
  return { scheme: 'file', path, params: {}, href: `file://${path}`, facts };
}
