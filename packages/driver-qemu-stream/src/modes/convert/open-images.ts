import { ImageError } from '@image-api/driver';
import type { TransferRequest } from '@image-api/driver';
import { startJob } from '@image-api/qmp';
import type { Qmp } from '@image-api/qmp';
import { fileNode, formatNode, nbdNode } from '../../daemon/block-nodes.ts';
import type { BlockNode } from '../../daemon/block-nodes.ts';
import { jobError } from '../job/job-error.ts';
import { JobRunner } from '../job/job-runner.ts';
import type { ConvertWay, Place } from './convert-way.ts';
import { creation } from './image-layout.ts';

/** Names of nodes in the daemon's graph. */
export const nodeNames = { from: 'from', fromPlace: 'from-place', to: 'to', toPlace: 'to-place' } as const;

/**
 * Open the source, for reading only.
 *
 * @returns the bytes a guest sees of it, in whole sectors
 * @throws ImageError, `untouched`
 */
export async function openFrom(
  monitor: Qmp,
  { from, fromFormat }: ConvertWay<Place>,
  request: TransferRequest,
  lossSeconds: number,
): Promise<number> {
  try {
    await monitor.execute('blockdev-add', placeNode(nodeNames.fromPlace, from, true, lossSeconds));
    await monitor.execute('blockdev-add', imageNode(nodeNames.from, fromFormat, nodeNames.fromPlace, true));
    const nodes = await monitor.execute('query-named-block-nodes', { flat: true });
    const image = nodes.find((node) => node['node-name'] === nodeNames.from)?.image;
    if (image?.['backing-filename'] !== undefined) throw needsBacking(request, image['backing-filename']);
    return Number(image?.['virtual-size'] ?? 0);
  } catch (error) {
    throw jobError(error, 'source', request, true);
  }
}

/** Make an image of `size` bytes in a file that is there and empty, and open it. */
export async function makeTo(
  monitor: Qmp,
  { to, toFormat, compress }: Pick<ConvertWay, 'to' | 'toFormat' | 'compress'>,
  size: number,
  request: TransferRequest,
): Promise<BlockNode> {
  try {
    await monitor.execute('blockdev-add', placeNode(nodeNames.toPlace, to, false));
    const options = creation(toFormat, nodeNames.toPlace, size, compress);
    if (options) await new JobRunner({}).run(() => startJob(monitor, 'blockdev-create', { options }));
    else await monitor.execute('block_resize', { 'node-name': nodeNames.toPlace, size });
    const node = imageNode(nodeNames.to, toFormat, nodeNames.toPlace, false);
    await monitor.execute('blockdev-add', node);
    return node;
  } catch (error) {
    throw jobError(error, 'destination', request);
  }
}

/** Open what is written in place. @throws ImageError, `untouched` */
export async function openTo(monitor: Qmp, { to }: Pick<ConvertWay, 'to'>, request: TransferRequest): Promise<void> {
  try {
    await monitor.execute('blockdev-add', placeNode(nodeNames.toPlace, to, false));
  } catch (error) {
    throw jobError(error, 'destination', request, true);
  }
}

/** What an image is in: a file, a device or an export. */
export function placeNode(name: string, place: Place, readOnly: boolean, reconnectSeconds = 0): BlockNode {
  if (place.kind === 'nbd') {
    const node = nbdNode(name, place.address, place.exportName, { readOnly, reconnectSeconds });
    return readOnly ? node : { ...node, discard: 'unmap' };
  }
  return fileNode(name, place.path, { readOnly, kind: place.kind });
}

/** The image itself. */
export function imageNode(name: string, format: ConvertWay['toFormat'], place: string, readOnly: boolean): BlockNode {
  const node = formatNode(name, format, place, { readOnly });
  if (node) return node;
  throw new ImageError(`QEMU has no driver for ${format}`, {
    code: 'UNSUPPORTED',
    origin: 'driver',
    driver: 'qemu-stream',
    untouched: true,
  });
}

function needsBacking({ from }: TransferRequest, backing: string): ImageError {
  return new ImageError(
    `${from.href} holds only a part of its disk, the rest is in ${JSON.stringify(backing)}: flatten it first, or copy it without converting`,
    {
      code: 'UNSUPPORTED',
      origin: 'source',
      driver: 'qemu-stream',
      untouched: true,
    },
  );
}
