import { setTimeout as sleep } from 'node:timers/promises';
import type { Endpoint } from '@image-api/driver';
import { QmpError, startJob } from '@image-api/qmp';
import type { MirrorOptions, NodeOptions, Qmp } from '@image-api/qmp';
import { nbdNode } from '../../daemon/block-nodes.ts';
import { findDisk } from '../vm/find-disk.ts';
import { jobIdOf } from '../vm/job-id.ts';

/** What is under way at once, in bytes: little, so that a limit is kept from the first. */
const underWay = 2 ** 20;

/** How our export is called in the daemon. */
export const exportName = 'to';

/** The node by which a machine writes to us. */
function targetNodeOf(from: Endpoint): string {
  // Names of nodes have at most 31 letters.
  return `${jobIdOf('copy', from)}-to`;
}

export function addTarget(from: Endpoint, socketPath: string): readonly ['blockdev-add', NodeOptions] {
  return ['blockdev-add', { ...nbdNode(targetNodeOf(from), { path: socketPath }, exportName), discard: 'unmap' }];
}

/**
 * A mirror in the background: a guest never waits for it, and sees nothing of it if we die. (A backup would copy what a guest is about to
 * write first; where we hang then, the guest hangs, and where we die, its write fails.)
 */
export function mirrorOf(from: Endpoint, node: string, speed: number): MirrorOptions & { readonly 'job-id': string } {
  return {
    'job-id': jobIdOf('copy', from),
    device: node,
    target: targetNodeOf(from),
    sync: 'full',
    speed,
    'buf-size': underWay,
    'copy-mode': 'background',
    'on-source-error': 'report',
    'on-target-error': 'report',
  };
}

/** Have the machine begin to write. What a try that was killed has left is taken away first. */
export async function beginMirror(qmp: Qmp, from: Endpoint, socketPath: string, speed: number): Promise<void> {
  await cleanMachine(qmp, from);
  const { node } = await findDisk(qmp, from, 'source');
  await qmp.execute(...addTarget(from, socketPath));
  await startJob(qmp, 'blockdev-mirror', mirrorOf(from, node, speed));
}

/** Take away everything of ours, whatever there is of it. Its job ends when it is told to, or when the daemon is gone it writes to. */
export async function cleanMachine(qmp: Qmp, from: Endpoint, patienceMs = 5000): Promise<void> {
  const id = jobIdOf('copy', from);
  const untilMs = performance.now() + patienceMs;
  for (;;) {
    const job = (await qmp.execute('query-jobs')).find((found) => found.id === id);
    if (!job) break;
    if (job.status === 'concluded') await qmp.execute('job-dismiss', { id });
    else if (performance.now() > untilMs) throw new QmpError(`the job ${id} does not end`, { kind: 'timeout' });
    else await unlessRefused(qmp.execute('block-job-cancel', { device: id, force: true }));
    await sleep(20);
  }
  await removeTarget(qmp, from);
}

/** Let the machine close its connection to us. */
export async function removeTarget(qmp: Qmp, from: Endpoint): Promise<void> {
  const name = targetNodeOf(from);
  const nodes = await qmp.execute('query-named-block-nodes', { flat: true });
  if (nodes.some((node) => node['node-name'] === name)) await qmp.execute('blockdev-del', { 'node-name': name });
}

/** A job that is ending by itself need not be told to. */
async function unlessRefused(told: Promise<unknown>): Promise<void> {
  try {
    await told;
  } catch (error) {
    if (!(error instanceof QmpError && error.kind === 'command')) throw error;
  }
}
