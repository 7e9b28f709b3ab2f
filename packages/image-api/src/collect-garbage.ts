import { posix } from 'node:path';
import { ImageError, isImageError } from '@image-api/driver';
import type { Endpoint, Host, Leftover, SweepOptions } from '@image-api/driver';
import { createPrivateDirectory } from '@image-api/host';
import { onSide } from './look/on-side.ts';
import type { Planner } from './plan/make-plan.ts';
import { stagingPrefix } from './plan/staging-name.ts';
import type { LedgerEntry } from './run/ledger.ts';
import { atPath } from './uri/at-path.ts';
import { parseUri } from './uri/parse-uri.ts';

/** What is to be looked for, and where. */
export interface GcOptions {
  /** Directories, here or over ssh. Default: wherever this user's copies are known to have left something. */
  readonly places?: readonly (string | URL)[];
  /** Remove only what was not written to for this long. Default a day: until then the same copy can go on from it. */
  readonly olderThanMs?: number;
  /** Only look. Default false. */
  readonly dryRun?: boolean;
}

/** A file that a copy which did not come to its end left under a private name. */
export interface FoundLeftover {
  readonly href: string;
  /** What it was to become, where that is known. */
  readonly to?: string;
  readonly size: number;
  /** Bytes that take room on disk. */
  readonly allocated: number;
  /** Since it was last written to, by the clock of its host. */
  readonly ageMs: number;
  /** `held`: a copy is using it. `kept`: it is not old enough, or this was only a look. */
  readonly state: 'removed' | 'held' | 'kept';
}

export interface GcReport {
  readonly found: readonly FoundLeftover[];
  /** Places that could not be looked at, or not be cleared. */
  readonly failed: readonly { readonly place: string; readonly error: ImageError }[];
}

const dayMs = 86_400_000;

/** One directory to look into. */
interface Target {
  readonly directory: Endpoint;
  /** Absent: whatever staging files there are. */
  readonly entry?: LedgerEntry;
}

/** Remove what killed copies left: their staging files, and the private directories of their processes on this machine. */
export async function collectGarbage(options: GcOptions, { finder, ledger }: Pick<Planner, 'finder' | 'ledger'>): Promise<GcReport> {
  const given = options.places?.map((place): Target => ({ directory: placeOf(place) }));
  const targets = given ?? (await ledger.entries()).flatMap(targetOf);
  // To make one is to sweep those of dead processes.
  if (!options.dryRun) createPrivateDirectory().remove();
  const outcomes = await Promise.all(
    targets.map(async ({ directory, entry }): Promise<GcReport> => {
      const host = finder.hostOf(directory);
      if (!host) return { found: [], failed: [] };
      try {
        if (!entry) await checkDirectory(directory, host);
        const found = await onSide('destination', directory, () => sweep(directory, entry, host, options));
        const isGone = !found.some(({ state, href }) => state !== 'removed' && href === entry?.staging);
        if (entry && isGone && !options.dryRun) await ledger.strike(entry.staging);
        return { found, failed: [] };
      } catch (error) {
        if (!isImageError(error)) throw error;
        return { found: [], failed: [{ place: directory.href, error }] };
      }
    }),
  );
  return { found: distinct(outcomes.flatMap(({ found }) => found)), failed: outcomes.flatMap(({ failed }) => failed) };
}

function placeOf(place: string | URL): Endpoint {
  const endpoint = parseUri(place);
  if (endpoint.scheme === 'file' || endpoint.scheme === 'ssh') return endpoint;
  throw new ImageError(`${endpoint.href}: only directories here or over ssh can be cleared of leftovers`, {
    code: 'UNKNOWN_SCHEME',
    origin: 'caller',
  });
}

/** What is written down may have been written by an older version; what cannot be read is not looked for. */
function targetOf(entry: LedgerEntry): readonly Target[] {
  try {
    const staging = parseUri(entry.staging);
    return [{ directory: atPath(staging, posix.dirname(staging.path)), entry }];
  } catch {
    return [];
  }
}

async function checkDirectory(directory: Endpoint, host: Host): Promise<void> {
  const found = await onSide('destination', directory, () => host.stat(directory.path, { follow: true }));
  if (found?.kind === 'directory') return;
  throw new ImageError(
    `${directory.href} ${found ? 'is not a directory' : 'does not exist'}: name a directory that images were copied to`,
    {
      code: found ? 'DESTINATION_KIND' : 'DESTINATION_UNWRITABLE',
      origin: 'caller',
    },
  );
}

async function sweep(
  directory: Endpoint,
  entry: LedgerEntry | undefined,
  host: Host,
  { olderThanMs = dayMs, dryRun = false }: GcOptions,
): Promise<readonly FoundLeftover[]> {
  const prefix = entry ? stagingPrefix(parseUri(entry.to).path) : '';
  const options: SweepOptions = { prefix, olderThanMs, dryRun };
  const found = await host.sweep(directory.path, options);
  return Promise.all(found.map((leftover) => toldOf(leftover, directory, entry, host, dryRun)));
}

async function toldOf(
  { path, size, allocated, ageMs, published, state }: Leftover,
  directory: Endpoint,
  entry: LedgerEntry | undefined,
  host: Host,
  dryRun: boolean,
): Promise<FoundLeftover> {
  const { href } = atPath(directory, path);
  // Nobody goes on from what has its real name already, however young it is.
  const isDone = published && state === 'kept' && !dryRun;
  if (isDone) await host.remove(path);
  return { href, ...(entry && { to: entry.to }), size, allocated, ageMs, state: isDone ? 'removed' : state };
}

/** Two entries of one destination lead to the same files; whichever came first has removed them. */
function distinct(found: readonly FoundLeftover[]): readonly FoundLeftover[] {
  const byHref = new Map<string, FoundLeftover>();
  for (const one of found) if (!byHref.has(one.href) || one.state === 'removed') byHref.set(one.href, one);
  return [...byHref.values()];
}
