import { open } from 'node:fs/promises';
import { ImageError } from '@image-api/driver';
import type { Extent } from '@image-api/host';
import { QmpError } from '@image-api/qmp';
import type { ExportOptions, Qmp } from '@image-api/qmp';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExportServer } from '../modes/nbd/with-export.ts';
import { fileNode, formatNode, nbdNode } from '../daemon/block-nodes.ts';
import type { BlockNode } from '../daemon/block-nodes.ts';
import { explainWords } from '../qemu-stream-errors.ts';
import type { About } from '../qemu-stream-errors.ts';
import type { ServeOrder, SourceAt } from './messages.ts';
import { markHoles } from './mark-holes.ts';
import { writtenBitmap } from './overlay-map.ts';
import { nameOf } from './name-of.ts';
import { names, overlayFileNode, overlayNode, servedNode } from './overlay-node.ts';

/** The name of the export, too. */
export const exportId = 'disk';
/** A disk has one user; another may look at it, or take over while the first still lets go. One more is ours, to see what is there. */
const mostConnections = 9;

/** What is served. */
export interface BuiltGraph {
  /** Bytes of the disk. */
  readonly size: number;
  /** What is in an overlay that was made just now; absent for one of an earlier try. */
  readonly marked?: readonly Extent[];
}

/**
 * Lay the overlay over the source and serve both as one disk.
 *
 * ```
 *  NBD server ─ copy-on-read ─ qcow2 overlay ─ staging file
 *                                    └ backing: source format ─ file or NBD client, read only
 * ```
 *
 * @throws ImageError what is wrong with either end
 */
export async function buildGraph(server: ExportServer, at: SourceAt, order: ServeOrder, socketPath: string): Promise<BuiltGraph> {
  const { monitor } = server;
  const source = { side: 'source', name: nameOf(order.from), untouched: true } as const;
  const overlay = { side: 'destination', name: order.to } as const;
  for (const node of sourceNodes(at, order.sourceLossMs)) await add(monitor, node, source);
  const size = await sizeOf(monitor, names.source);
  const marked = (await isOverlayOf(order.to, size)) ? undefined : await createOverlay(server, order.to, size, overlay);
  await add(monitor, overlayFileNode(order.to), overlay);
  await add(monitor, overlayNode(names.source), overlay);
  await add(monitor, servedNode(), overlay);
  await serve(monitor, socketPath, order.writable);
  return { size, ...(marked && { marked }) };
}

/** Let go of the source, which nothing needs any more. */
export async function dropSource(monitor: Qmp): Promise<void> {
  for (const node of [names.source, names.sourceFile]) await monitor.execute('blockdev-del', { 'node-name': node });
}

/** The nodes of the source, the lowest first. */
export function sourceNodes(at: SourceAt, sourceLossMs: number): readonly BlockNode[] {
  const below =
    at.kind === 'nbd'
      ? nbdNode(names.sourceFile, at.at, at.exportName, { readOnly: true, reconnectSeconds: Math.ceil(sourceLossMs / 1000) })
      : fileNode(names.sourceFile, at.path, { readOnly: true, kind: at.kind });
  return [below, formatNode(names.source, at.format, names.sourceFile, { readOnly: true })];
}

async function add(monitor: Qmp, node: BlockNode, about: About): Promise<void> {
  await monitor.execute('blockdev-add', node).catch((error: unknown) => refused(error, about));
}

/** @throws ImageError for QEMU's refusal; anything else as it is */
function refused(error: unknown, about: About): never {
  if (error instanceof QmpError && error.kind === 'command') throw explainWords(error.description ?? error.message, about);
  throw error;
}

async function sizeOf(monitor: Qmp, name: string): Promise<number> {
  const nodes = await monitor.execute('query-named-block-nodes', { flat: true });
  return Number(nodes.find((node) => node['node-name'] === name)?.image['virtual-size'] ?? 0);
}

/**
 * Whether an earlier try made the overlay to its end: its size is what is written last.
 *
 * @throws ImageError when there is something else in the file, which is not to be lost
 */
async function isOverlayOf(path: string, size: number): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const header = Buffer.alloc(32);
    const { bytesRead } = await file.read(header, 0, header.length, 0);
    if (bytesRead === 0 || header.every((byte) => byte === 0)) return false;
    const found = Number(header.readBigUInt64BE(24));
    const isQcow2 = bytesRead === header.length && header.readUInt32BE(0) === qcow2Magic;
    if (isQcow2 && (found === size || found === 0)) return found === size;
    throw new ImageError(
      `${path} holds ${isQcow2 ? `a disk of ${found} bytes where the source has ${size}` : 'something that is no qcow2 image'}; remove it, and start the same copy again`,
      { code: 'DESTINATION_EXISTS', origin: 'destination', driver: 'qemu-stream' },
    );
  } finally {
    await file.close();
  }
}

const qcow2Magic = 0x514649fb;

/** Nothing is in it yet that could be lost, so that nothing has to be waited for. */
async function createOverlay(server: ExportServer, path: string, size: number, about: About): Promise<readonly Extent[]> {
  const { monitor } = server;
  await add(monitor, { ...overlayFileNode(path), cache: { 'no-flush': true } }, about);
  await createImage(monitor, size, about);
  await add(monitor, overlayNode(names.source), about);
  const marked = await markHoles(server, names.overlay);
  for (const node of [names.overlay, names.overlayFile]) await monitor.execute('blockdev-del', { 'node-name': node });
  return marked;
}

async function createImage(monitor: Qmp, size: number, about: About): Promise<void> {
  const id = 'create';
  const options = { driver: 'qcow2', file: names.overlayFile, size };
  await monitor.execute('blockdev-create', { 'job-id': id, options }).catch((error: unknown) => refused(error, about));
  for (;;) {
    const job = (await monitor.execute('query-jobs')).find((one) => one.id === id);
    if (job?.status === 'concluded' || !job) {
      await monitor.execute('job-dismiss', { id });
      if (job?.error !== undefined) throw explainWords(job.error, about);
      return;
    }
    await sleep(2);
  }
}

async function serve(monitor: Qmp, path: string, writable: boolean): Promise<void> {
  await monitor.execute('nbd-server-start', { addr: { type: 'unix', data: { path } }, 'max-connections': mostConnections });
  if (writable) await monitor.execute('block-dirty-bitmap-add', { node: names.served, name: writtenBitmap });
  await monitor.execute('block-export-add', exportOf(writable));
}

/** How the disk is served: it tells what is in its overlay, and what was written to it. */
export function exportOf(writable: boolean): ExportOptions {
  return {
    type: 'nbd',
    id: exportId,
    'node-name': names.served,
    name: exportId,
    writable,
    'allocation-depth': true,
    ...(writable && { bitmaps: [writtenBitmap] }),
  };
}
