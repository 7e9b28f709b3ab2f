import { createHash } from 'node:crypto';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ArrivedImage, Environment, KnownEndpoint, TransferContext, TransferReport, TransferRequest } from '@image-api/driver';
import { createHosts } from '@image-api/host';
import { onTestFinished } from 'vitest';
import type { P2pPrecacheDriver } from '../src/index.ts';

const { local } = createHosts();
export const env: Environment = { local, logger: { debug: () => undefined, warn: () => undefined } };

/** An address that no host can look at. */
export function opaque(href: string): KnownEndpoint {
  const [scheme = '', ...rest] = href.split(':');
  return { scheme, path: rest.join(':'), params: {}, href, facts: { kind: 'opaque' } };
}

/** A file here as the core would know it. */
export async function known(path: string): Promise<KnownEndpoint> {
  const [stat, parent, { filesystem }] = await Promise.all([local.stat(path), local.stat(dirname(path)), local.space(dirname(path))]);
  const place = { filesystem, device: Number(parent?.device) };
  const facts = stat ? { kind: 'file', size: stat.size, allocated: stat.allocated, ...place } : { kind: 'absent', ...place };
  return { scheme: 'file', path, params: {}, href: `file://${path}`, facts: facts as KnownEndpoint['facts'] };
}

/** A file here as something that a copy has just brought. */
export async function arrivedAt(path: string): Promise<ArrivedImage> {
  const { facts, ...from } = await known(path);
  const sha256 = createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
  return { path, facts, digest: `sha256:${sha256}`, from, priority: 'normal' };
}

/** What the core would ask, with the empty staging file that it makes. */
export async function requestFor(from: KnownEndpoint, to: string, wish: Partial<TransferRequest> = {}): Promise<TransferRequest> {
  await (await open(to, 'wx', 0o600)).close();
  const staged = await known(to);
  return { id: 'task-1', from, to: staged, name: staged, overwrite: 'never', limits: {}, priority: 'normal', driverOptions: {}, ...wish };
}

export function offerOf(driver: P2pPrecacheDriver, request: TransferRequest): ReturnType<P2pPrecacheDriver['offer']> {
  return driver.offer(request, { env, signal: new AbortController().signal, hosts: { to: local } });
}

/** Do what `work` says with the context of a transfer. */
export async function transferring(
  work: (context: TransferContext) => Promise<TransferReport>,
): Promise<{ readonly report: TransferReport; readonly phases: readonly string[] }> {
  const scratchDir = await mkdtemp(join(tmpdir(), 'precache-scratch-'));
  onTestFinished(() => rm(scratchDir, { recursive: true, force: true }));
  const phases: string[] = [];
  const report = await work({
    env,
    signal: new AbortController().signal,
    hosts: { to: local },
    scratchDir,
    report: ({ phase }) => void (phase && phases.push(phase)),
    ready: () => undefined,
    checkpoint: () => Promise.resolve(),
    onControl: () => () => undefined,
  });
  return { report, phases };
}
