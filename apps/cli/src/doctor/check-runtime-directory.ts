import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Check } from './check.ts';

/** What is at a path; absent when nothing is. */
export type Found = { readonly uid: number; readonly mode: number; readonly isDirectory: boolean } | undefined;

/** A place where the sockets of shared ssh connections could live. */
export interface Place {
  readonly path: string;
  /** The directory it stands in, where that is not simply `/tmp`: it must be there already. */
  readonly base?: { readonly path: string; readonly found: Found };
  /** What is there now; nothing is no flaw, it is made when it is needed. */
  readonly found: Found;
}

/** Is there a private place for sockets? */
export async function checkRuntimeDirectory(environment: Readonly<Record<string, string | undefined>>, uid: number): Promise<Check> {
  const named = environment['XDG_RUNTIME_DIR'];
  const bases = [...(named?.startsWith('/') ? [named] : []), `/run/user/${uid}`];
  const own = `/tmp/image-api-${uid}`;
  return judgePlaces([...(await Promise.all(bases.map(placeIn))), { path: own, found: await find(own) }], uid);
}

/** The first place without a flaw is the one that is used. */
export function judgePlaces(places: readonly Place[], uid: number): Check {
  const name = 'runtime directory';
  const flaws = places.map((place) => flawOf(place, uid));
  const good = places[flaws.indexOf(undefined)];
  if (good) return { name, status: 'ok', detail: good.path };
  return {
    name,
    status: 'warn',
    detail: `no private directory for the sockets of ssh, so no copies to or from other hosts: ${flaws.join(', ')}`,
    advice: 'set XDG_RUNTIME_DIR to a directory of your own with mode 700',
  };
}

function flawOf({ path, base, found }: Place, uid: number): string | undefined {
  if (base && !base.found) return `${base.path} is not there`;
  return (base && flaw(base.path, base.found, uid)) ?? flaw(path, found, uid);
}

function flaw(path: string, found: Found, uid: number): string | undefined {
  if (!found) return undefined;
  if (!found.isDirectory) return `${path} is not a directory`;
  if (found.uid !== uid) return `${path} belongs to somebody else`;
  return found.mode & 0o022 ? `${path} can be written by others` : undefined;
}

async function placeIn(base: string): Promise<Place> {
  const path = join(base, 'image-api');
  return { path, base: { path: base, found: await find(base) }, found: await find(path) };
}

async function find(path: string): Promise<Found> {
  const stats = await lstat(path).catch(() => undefined);
  return stats && { uid: stats.uid, mode: stats.mode, isDirectory: stats.isDirectory() };
}
