import { ImageError } from '@image-api/driver';
import type { Endpoint } from '@image-api/driver';
import { blockChain, findDrive, nameOfDrive, readGraph } from '@image-api/qmp';
import type { BlockLayer, DriveInfo, Qmp } from '@image-api/qmp';
import type { VmSide } from './monitor-turns.ts';

/** A disk of a running machine. */
export interface VmDisk {
  /** The node its users are at: the image, or a filter over it. */
  readonly node: string;
  /** In bytes. */
  readonly size: number;
  /** The images it is made of, from the one that is written to down to the last. */
  readonly layers: readonly BlockLayer[];
}

/**
 * Find the disk that an endpoint names, by the id of its device, the name of its drive or that of its node.
 *
 * @throws ImageError SOURCE_MISSING or DESTINATION_KIND, with the names of the disks there are
 */
export async function findDisk(qmp: Qmp, endpoint: Endpoint, side: VmSide): Promise<VmDisk> {
  const name = endpoint.params['device'] ?? '';
  const drives = (await qmp.execute('query-block')).filter(({ inserted }) => inserted !== undefined);
  const graph = await readGraph(qmp);
  const node = (name && (findDrive(drives, name)?.inserted?.['node-name'] ?? graph.get(name)?.node)) || undefined;
  const chain = node === undefined ? [] : blockChain(graph, node);
  const [top] = chain;
  if (!top || node === undefined) throw noDisk(endpoint, drives, side);
  return { node, size: top.size, layers: chain.filter(({ filter }) => !filter) };
}

/** The path of the file or device that an image is in. */
export function pathOf({ storage, filename }: BlockLayer): string {
  return storage?.filename ?? filename;
}

function noDisk({ href, params: { device } }: Endpoint, drives: readonly DriveInfo[], side: VmSide): ImageError {
  const there = drives.map(nameOfDrive).join(', ') || 'none';
  const what = device === undefined ? 'does not say which disk of the machine is meant' : `names no disk of the machine`;
  return new ImageError(`${href} ${what}: write ?device= and one of these: ${there}`, {
    code: side === 'source' ? 'SOURCE_MISSING' : 'DESTINATION_KIND',
    origin: side,
    driver: 'qemu-stream',
    untouched: true,
  });
}
