import { join } from 'node:path';

/**
 * Where everything is in a cache. What never changes once it is there, an entry, is apart from what does: when it was used, who is using
 * it, and the locks.
 */
export interface Places {
  readonly directory: string;
  /** All entries, each in a directory named by its digest. */
  readonly entries: string;
  readonly incoming: string;
  readonly trash: string;
  /** Of an image by its sha256 in hexadecimal. */
  entry(sha256: string): EntryPlaces;
  /** An image whose digest is not known yet, by any name for it. */
  unknown(key: string): ArrivalPlaces;
}

/** Where an image arrives. */
export interface ArrivalPlaces {
  readonly directory: string;
  /** The whole image, not looked at yet. */
  readonly part: string;
  /** Held by whoever fetches the image, or removes it. */
  readonly lock: string;
}

export interface EntryPlaces extends ArrivalPlaces {
  /** There only when it was checked and everything beside it is complete. */
  readonly image: string;
  readonly manifest: string;
  readonly torrent: string;
  /** What changes. */
  readonly state: string;
  readonly used: string;
  readonly checked: string;
  readonly pinned: string;
  readonly leases: string;
}

/** The places in the cache of this directory. */
export function placesIn(directory: string): Places {
  const below = (...names: readonly string[]): string => join(directory, ...names);
  const arrival = (folder: string, name: string): ArrivalPlaces => ({
    directory: below(folder, name),
    part: below(folder, name, 'image.part'),
    lock: below('locks', name),
  });
  return {
    directory,
    entries: below('sha256'),
    incoming: below('incoming'),
    trash: below('trash'),
    unknown: (key) => arrival('incoming', key),
    entry: (sha256) => ({
      ...arrival('sha256', sha256),
      image: below('sha256', sha256, 'image'),
      manifest: below('sha256', sha256, 'manifest.json'),
      torrent: below('sha256', sha256, 'image.torrent'),
      state: below('state', sha256),
      used: below('state', sha256, 'used'),
      checked: below('state', sha256, 'checked'),
      pinned: below('state', sha256, 'pinned'),
      leases: below('state', sha256, 'leases'),
    }),
  };
}

/** The directories that are there from the beginning. */
export function foldersOf({ directory, entries, incoming, trash }: Places): readonly string[] {
  return [entries, incoming, trash, join(directory, 'locks'), join(directory, 'state')];
}
