import type { Entry, Giving, Soundness } from '@image-api/driver-p2p-precache';
import { formatSeconds, formatSize } from '../text/format-quantity.ts';
import { table } from '../text/table.ts';

/** An image as it is listed: an entry of the cache, and its address. */
export interface ListedImage {
  readonly uri: string;
  readonly sha256: string;
  readonly size: number;
  readonly allocated: number;
  readonly format?: string;
  readonly usedAt: string;
  /** Absent when it must be checked before it is used. */
  readonly checkedAt?: string;
  readonly pinned: boolean;
  readonly inUse: boolean;
  /** Absent when it is not given to others. */
  readonly given?: Giving;
  readonly path: string;
}

export function listed(entry: Entry, inUse: boolean, given?: Giving): ListedImage {
  const { sha256, manifest, allocated, usedAtMs, checkedAtMs, pinned, path } = entry;
  const { size, format } = manifest;
  const times = {
    usedAt: new Date(usedAtMs).toISOString(),
    ...(checkedAtMs > 0 && { checkedAt: new Date(checkedAtMs).toISOString() }),
  };
  return {
    uri: `p2p:sha256-${sha256}`,
    sha256,
    size,
    allocated,
    ...(format && { format }),
    ...times,
    pinned,
    inUse,
    ...(given && { given }),
    path,
  };
}

/** One line for each image, and what it comes to. */
export function cacheText(directory: string, images: readonly ListedImage[], nowMs: number): string {
  if (images.length === 0) return `the cache ${directory} is empty\n`;
  const age = (time: string): string => `${formatSeconds((nowMs - Date.parse(time)) / 1000)} ago`;
  const rows = images.map(({ uri, size, allocated, format = '-', usedAt, checkedAt, pinned, inUse, given }) => [
    uri,
    formatSize(size),
    formatSize(allocated),
    format,
    age(usedAt),
    checkedAt === undefined ? 'due' : age(checkedAt),
    [...(pinned ? ['pinned'] : []), ...(given ? [givenText(given)] : inUse ? ['in use'] : [])].join(', ') || '-',
  ]);
  const room = formatSize(images.reduce((sum, { allocated }) => sum + allocated, 0));
  return `${table([['image', 'size', 'on disk', 'format', 'used', 'checked', 'state'], ...rows])}${room} in ${directory}\n`;
}

function givenText({ peers, uploaded }: Giving): string {
  return `given to ${peers} ${peers === 1 ? 'peer' : 'peers'}, ${formatSize(uploaded)} so far`;
}

const soundnessWords: Readonly<Record<Soundness, string>> = {
  sound: 'is as it was',
  damaged: 'was damaged, and is removed; suspect the disk',
  missing: 'went away meanwhile',
};

export function soundnessText(sha256: string, soundness: Soundness): string {
  return `p2p:sha256-${sha256} ${soundnessWords[soundness]}\n`;
}

/** What went, and what could not. */
export function collectText(removed: readonly Entry[], above: number, dryRun: boolean): string {
  const went = removed.map(({ sha256, allocated }) => `p2p:sha256-${sha256}  ${formatSize(allocated)}\n`).join('');
  const room = formatSize(removed.reduce((sum, { allocated }) => sum + allocated, 0));
  const more = above > 0 ? `${formatSize(above)} more would have to go, but are pinned, in use, or were used just now\n` : '';
  return `${went}${removed.length} ${dryRun ? 'would be removed' : 'removed'}, ${room} ${dryRun ? 'would be freed' : 'freed'}\n${more}`;
}
