import { lstat, readFile, stat } from 'node:fs/promises';
import type { Facts } from '@image-api/driver';
import { parseManifest } from '../manifest/manifest.ts';
import type { Manifest } from '../manifest/manifest.ts';
import { ifThere } from '@image-api/host';
import { inCache } from './in-cache.ts';
import type { EntryPlaces } from './places.ts';

/** A whole, checked image in the cache. */
export interface Entry {
  readonly sha256: string;
  readonly path: string;
  readonly manifest: Manifest;
  /** Bytes that take room on disk. */
  readonly allocated: number;
  /** The filesystem it is on. */
  readonly device: number;
  /** Milliseconds since 1970. */
  readonly usedAtMs: number;
  /** When its digest was last computed; 0 when it is not known, or the file was written to since. */
  readonly checkedAtMs: number;
  readonly pinned: boolean;
}

/** An entry as the core would describe its file. */
export function factsOf({ device, manifest, allocated }: Entry): Facts {
  return { kind: 'file', size: manifest.size, allocated, device };
}

/** What is written down when an image was checked: to which state of the file it applies. */
export interface CheckedState {
  readonly inode: string;
  readonly modifiedNs: string;
}

/** Look at an entry; `undefined` when it is not there, or not complete. Reads little. */
export function readEntry(sha256: string, places: EntryPlaces): Promise<Entry | undefined> {
  return inCache('look at', places.directory, async () => {
    const [image, text] = await Promise.all([
      ifThere(() => lstat(places.image, { bigint: true })),
      ifThere(() => readFile(places.manifest, 'utf8')),
    ]);
    const manifest = text === undefined ? undefined : parseManifest(text, sha256);
    if (!image?.isFile() || !manifest || Number(image.size) !== manifest.size) return undefined;
    const [used, pinned] = await Promise.all([timeOf(places.used), timeOf(places.pinned)]);
    return {
      sha256,
      path: places.image,
      manifest,
      allocated: Number(image.blocks) * 512,
      device: Number(image.dev),
      usedAtMs: used ?? Number(image.ctimeMs),
      checkedAtMs: await checkedAt(places.checked, stateOf(image)),
      pinned: pinned !== undefined,
    };
  });
}

/** The state of a file that a check applies to. */
export function stateOf({ ino, mtimeNs }: { readonly ino: bigint; readonly mtimeNs: bigint }): CheckedState {
  return { inode: String(ino), modifiedNs: String(mtimeNs) };
}

async function timeOf(path: string): Promise<number | undefined> {
  return (await ifThere(() => stat(path)))?.mtimeMs;
}

async function checkedAt(path: string, state: CheckedState): Promise<number> {
  const text = await ifThere(() => readFile(path, 'utf8'));
  // Written in one go with the state; a torn one is none.
  return text === JSON.stringify(state) ? ((await timeOf(path)) ?? 0) : 0;
}
