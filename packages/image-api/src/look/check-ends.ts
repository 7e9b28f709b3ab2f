import { posix } from 'node:path';
import { ImageError } from '@image-api/driver';
import type { Endpoint, ErrorCode, PathStat } from '@image-api/driver';
import type { DestinationLook, SourceLook } from './look.ts';
import { overlap, placesOf } from './places-of.ts';

/** Judges what was found at the source. @throws ImageError SOURCE_MISSING, SOURCE_KIND */
export function checkSource(from: Endpoint, stat: PathStat | undefined): PathStat {
  if (!stat) throw fault('SOURCE_MISSING', `${from.href} does not exist: check the path and the host`);
  if (stat.kind !== 'file' && stat.kind !== 'block') {
    throw fault('SOURCE_KIND', `${from.href} is ${kindWords[stat.kind]}: name an image, a plain file or a block device`);
  }
  return stat;
}

/** Judges the directory a destination is to be in. @throws ImageError DESTINATION_UNWRITABLE */
export function checkDirectory(to: Endpoint, directory: string, stat: PathStat | undefined): PathStat {
  if (!stat) throw fault('DESTINATION_UNWRITABLE', `directory ${directory} of ${to.href} does not exist: create it first`);
  if (stat.kind !== 'directory') {
    throw fault('DESTINATION_UNWRITABLE', `${directory} of ${to.href} is ${kindWords[stat.kind]}, not a directory`);
  }
  return stat;
}

/** Judges both together: whether writing to the one would change the other. @throws ImageError SAME_FILE */
export async function checkSame(
  from: SourceLook,
  to: DestinationLook,
  named: { readonly from: Endpoint; readonly to: Endpoint },
): Promise<void> {
  const there = to.behindLink ?? to.stat;
  if (!from.host || !from.stat || !there || from.host !== to.host) return;
  const [source, destination] = await Promise.all([placesOf(from.host, from.stat), placesOf(from.host, there)]);
  if (!overlap(source, destination)) return;
  throw fault('SAME_FILE', `${named.from.href} and ${named.to.href} are one and the same: choose another destination`);
}

/** Judges what is at the destination now. @throws ImageError DESTINATION_KIND, DESTINATION_EXISTS */
export function checkDestination({ endpoint, stat }: DestinationLook, overwrite: 'never' | 'replace'): void {
  if (!stat) return;
  if (stat.kind === 'directory') {
    throw fault(
      'DESTINATION_KIND',
      `${endpoint.href} is a directory: name the file to make, such as ${posix.join(endpoint.path, 'disk.raw')}`,
    );
  }
  if (stat.kind === 'link') throw fault('DESTINATION_KIND', `${endpoint.href} is a symbolic link: name the file it points to`);
  if (stat.kind !== 'file' && stat.kind !== 'block') {
    throw fault('DESTINATION_KIND', `${endpoint.href} is ${kindWords[stat.kind]}: name a plain file or a block device`);
  }
  if (overwrite === 'replace') return;
  const what = stat.kind === 'block' ? 'is a block device, its content would be lost' : 'exists';
  throw fault('DESTINATION_EXISTS', `${endpoint.href} ${what}: add --overwrite replace (overwrite: 'replace'), or choose another name`);
}

const kindWords = {
  file: 'a plain file',
  directory: 'a directory',
  block: 'a block device',
  character: 'a character device',
  fifo: 'a named pipe',
  socket: 'a socket',
  link: 'a symbolic link',
} as const satisfies Record<PathStat['kind'], string>;

function fault(code: ErrorCode, message: string): ImageError {
  return new ImageError(message, { code, origin: code.startsWith('SOURCE') ? 'source' : 'destination', untouched: true });
}
