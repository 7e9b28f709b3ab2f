import type { KnownEndpoint } from '@image-api/driver';
import type { Look } from '../look/look.ts';
import type { Wish } from '../plan/wish.ts';
import { isHeld } from '../run/is-held.ts';
import type { TaskLimits } from '../run/task.ts';

/**
 * What decides how far off guesses are, in one line: the kind of work, and the place at each end. `copy local 8:1 > root@b 253:0`. Pure.
 *
 * A place is a filesystem or a device of a host, or the server where no host can look: never a path on it, nor anything secret.
 *
 * There is none for what is limited, or gives way to others: that takes as long as it is told to, or as they do.
 */
export function routeOf({ from, to }: Look, wish: Pick<Wish, 'toFormat' | 'delta' | 'priority'>, bound: TaskLimits): string | undefined {
  const { toFormat, delta, priority } = wish;
  if (isHeld(bound, priority)) return undefined;
  const work = toFormat !== undefined ? `convert to ${toFormat}` : delta ? 'delta' : 'copy';
  return `${work} ${placeOf(from.endpoint, from.host?.id)} > ${placeOf(to.endpoint, to.host?.id)}`;
}

function placeOf({ scheme, authority, path, facts }: KnownEndpoint, host: string | undefined): string {
  if (host === undefined) return authority ? `${scheme} ${authority.host}:${authority.port ?? ''}` : scheme;
  if (facts.kind === 'block') return `${host} ${path}`;
  return `${host} ${filesystemOf(facts)}`;
}

/**
 * A filesystem on a disk has the number of the disk. The numbers of others (btrfs, tmpfs, those of a network) are given anew at each mount, so it
 * is their type that must do, where it is known.
 */
function filesystemOf({ device, filesystem = 'unnamed' }: KnownEndpoint['facts']): string {
  if (device === undefined) return filesystem;
  const [major, minor] = [(device >>> 8) & 0xfff, (device & 0xff) | ((device >>> 12) & 0xfff00)];
  return major === 0 ? filesystem : `${major}:${minor}`;
}
