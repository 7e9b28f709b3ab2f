import { lstat, readdir, rm, utimes, writeFile, mkdir } from 'node:fs/promises';
import { ImageError, isImageError } from '@image-api/driver';
import type { Host } from '@image-api/driver';
import { ifThere } from '@image-api/host';
import type { HashOptions } from '../manifest/hash-image.ts';
import { checkImage, noteChecked } from './admit.ts';
import { busy, damaged, missing, noDigest } from './cache-errors.ts';
import { chooseEvictions } from './choose-evictions.ts';
import type { Bounds } from './choose-evictions.ts';
import { discard, emptyTrash } from './discard.ts';
import { readEntry } from './entry.ts';
import type { Entry } from './entry.ts';
import { fillCache, takeIntoCache } from './fill-cache.ts';
import type { Fetch, Filled, FillOptions, FillWish } from './fill-cache.ts';
import { inCache } from './in-cache.ts';
import { isLeased, withLease } from './lease.ts';
import { makeDirectory } from './own-directory.ts';
import { placesIn } from './places.ts';
import type { EntryPlaces, Places } from './places.ts';
import { removeLeftovers } from './remove-leftovers.ts';

/** What a cache keeps to. */
export interface CacheSettings extends Bounds {
  readonly directory: string;
  /** An image whose digest was computed longer ago is checked again before it is used. */
  readonly checkAfterMs: number;
}

/** What `gc` did. */
export interface CollectReport {
  /** What went. */
  readonly removed: readonly Entry[];
  /** What would have to go but is in use, pinned or too young, in bytes on disk above the size the cache may have. */
  readonly above: number;
}

/** What a check of an entry found; a damaged one is removed. */
export type Soundness = 'sound' | 'damaged' | 'missing';

/**
 * The images kept on this machine, by their digests. Many processes may use it at once. An entry is complete and checked, or it is not
 * there: nothing else is ever handed out.
 */
export class ImageCache {
  readonly settings: CacheSettings;
  readonly #host: Host;
  readonly #places: Places;

  constructor(settings: CacheSettings, host: Host) {
    this.settings = settings;
    this.#host = host;
    this.#places = placesIn(settings.directory);
  }

  /** Where everything of an image is, or would be. What is no digest is no name in the cache either. @throws ImageError BAD_OPTION */
  placesOf(sha256: string): EntryPlaces {
    if (isSha256(sha256)) return this.#places.entry(sha256);
    throw noDigest(sha256);
  }

  /** The entry of an image; `undefined` when it is not in the cache. Changes nothing. @param sha256 in lower-case hexadecimal */
  async find(sha256: string): Promise<Entry | undefined> {
    return readEntry(sha256, this.placesOf(sha256));
  }

  /** All entries, by their digests. */
  async list(): Promise<readonly Entry[]> {
    const { entries } = this.#places;
    const names = (await inCache('read', entries, () => ifThere(() => readdir(entries)))) ?? [];
    const digests = names.filter(isSha256).toSorted();
    return (await Promise.all(digests.map((sha256) => this.find(sha256)))).filter((entry) => entry !== undefined);
  }

  /** Whether an entry must be checked before it is used. */
  isDue({ checkedAtMs }: Entry): boolean {
    return Date.now() - checkedAtMs >= this.settings.checkAfterMs;
  }

  /** Bytes on disk of what an interrupted fetch left of an image; `undefined` when it left nothing. */
  async arrived(sha256: string): Promise<number | undefined> {
    const { part } = this.placesOf(sha256);
    const found = await inCache('look at', part, () => ifThere(() => lstat(part)));
    return found && found.blocks * 512;
  }

  async isInUse(sha256: string): Promise<boolean> {
    return isLeased(this.placesOf(sha256).leases);
  }

  /**
   * Do something with an entry, which stays while it is done. Checked before, when that is due.
   *
   * @throws ImageError SOURCE_MISSING when it is not there, VERIFY_FAILED when it was damaged, always `untouched`
   */
  async use<T>(sha256: string, work: (entry: Entry) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const places = this.placesOf(sha256);
    if (!(await this.find(sha256))) throw missing(sha256, this.settings.directory);
    return withLease(places.leases, async () => {
      const entry = await this.find(sha256);
      if (!entry) throw missing(sha256, this.settings.directory);
      if (this.isDue(entry) && !(await this.#isSound(entry, places, { signal }))) throw damaged(entry);
      await this.#noteUsed(places);
      return work(entry);
    });
  }

  /**
   * Put an image into the cache, and let go of others when there are too many. Of all processes that want the same one, one fetches it,
   * and the others wait.
   *
   * @param fetch puts the whole image at a path at which nothing is; on the disk when it resolves
   * @throws ImageError VERIFY_FAILED when it does not have the digest it was said to have, and whatever `fetch` throws
   */
  async put(wish: FillWish, fetch: Fetch, options: FillOptions = {}): Promise<Filled> {
    if (wish.sha256 !== undefined) this.placesOf(wish.sha256);
    await makeDirectory(this.#places);
    const filled = await fillCache({ wish, fetch, options, places: this.#places, host: this.#host });
    const { sha256 } = filled.entry;
    await this.#noteUsed(this.placesOf(sha256));
    if (filled.fetched) await this.collect();
    return { ...filled, entry: (await this.find(sha256)) ?? filled.entry };
  }

  /**
   * Put an image into the cache that is at hand as a whole. Not when somebody is putting the same one there: nobody is waited for, and what an
   * interrupted fetch left for the next stays, unless this takes its place.
   *
   * @returns false when it is there already, or somebody else is at it
   * @throws ImageError VERIFY_FAILED when it does not have the digest it was said to have, and whatever `fetch` throws; nothing is left then
   */
  async take(wish: Required<FillWish> & { readonly sha256: string }, fetch: Fetch, options: HashOptions = {}): Promise<boolean> {
    const places = this.placesOf(wish.sha256);
    await makeDirectory(this.#places);
    try {
      const { fetched } = await takeIntoCache({ wish, fetch, options, places: this.#places, host: this.#host }, wish.sha256);
      await this.#noteUsed(places);
      if (fetched) await this.collect();
      return fetched;
    } catch (error) {
      if (isImageError(error) && error.code === 'DESTINATION_BUSY') return false;
      throw error;
    }
  }

  /** Whether so many bytes more may be kept, when others go that may go. Changes nothing. */
  async hasRoom(bytes: number): Promise<boolean> {
    const maxSize = this.settings.maxSize - bytes;
    return maxSize >= 0 && (await this.collect({ dryRun: true, maxSize })).above === 0;
  }

  /** Let go of others until so many bytes more may be kept, as far as they may go. */
  async makeRoom(bytes: number): Promise<void> {
    await this.collect({ maxSize: Math.max(0, this.settings.maxSize - bytes) });
  }

  /** Compute the digest of an entry again, and remove it when it is no longer right. */
  async verify(sha256: string, options: FillOptions = {}): Promise<Soundness> {
    const entry = await this.find(sha256);
    if (!entry) return 'missing';
    const places = this.placesOf(sha256);
    return withLease(places.leases, async () => ((await this.#isSound(entry, places, options)) ? 'sound' : 'damaged'));
  }

  /** Keep an image whatever else has to go, or no longer. False when it is not in the cache. */
  async pin(sha256: string, pinned: boolean): Promise<boolean> {
    if (!(await this.find(sha256))) return false;
    const { state, pinned: path } = this.placesOf(sha256);
    await inCache('write', path, async () => {
      await mkdir(state, { recursive: true, mode: 0o700 });
      await (pinned ? writeFile(path, '', { mode: 0o600 }) : rm(path, { force: true }));
    });
    return true;
  }

  /**
   * Remove an entry, pinned or not.
   *
   * @returns false when it is not in the cache
   * @throws ImageError DESTINATION_BUSY while it is in use, or being fetched
   */
  async remove(sha256: string): Promise<boolean> {
    const places = this.placesOf(sha256);
    if (!(await ifThere(() => readdir(places.directory)))) return false;
    const claim = await this.#host.claim(places.lock);
    try {
      if (await isLeased(places.leases)) throw busy(sha256);
      await this.#discard(places);
      await rm(places.lock, { force: true });
    } finally {
      await claim.release();
    }
    return true;
  }

  /** Make the cache as small as it is to be, and remove what killed processes left. */
  async collect(bounds: Partial<Bounds> & { readonly dryRun?: boolean } = {}): Promise<CollectReport> {
    const { dryRun = false, ...changed } = bounds;
    const { maxSize, minAgeMs } = { ...this.settings, ...changed };
    if (!dryRun) {
      await emptyTrash(this.#places.trash);
      await removeLeftovers(this.#places, this.#host);
    }
    const entries = await this.list();
    const chosen = chooseEvictions(entries, { maxSize, minAgeMs }, Date.now());
    const removed: Entry[] = [];
    for (const entry of chosen) if (dryRun ? !(await this.isInUse(entry.sha256)) : await this.#evict(entry)) removed.push(entry);
    return { removed, above: Math.max(0, sizeOf(entries) - sizeOf(removed) - maxSize) };
  }

  async #evict({ sha256 }: Entry): Promise<boolean> {
    try {
      return await this.remove(sha256);
    } catch (error) {
      if (error instanceof ImageError && error.code === 'DESTINATION_BUSY') return false;
      throw error;
    }
  }

  async #isSound(entry: Entry, places: EntryPlaces, options: FillOptions): Promise<boolean> {
    const { hashes, state } = await checkImage(entry.path, options);
    if (hashes.sha256 === entry.sha256) {
      await noteChecked(places, state);
      return true;
    }
    // Whoever waits for it, or fetches it, is waited for; a pin outlives the image.
    const claim = await this.#host.claim(places.lock, { waitMs: removalPatienceMs });
    try {
      await discard(places.directory, this.#places.trash);
    } finally {
      await claim.release();
    }
    return false;
  }

  async #discard({ directory, state }: EntryPlaces): Promise<void> {
    await discard(directory, this.#places.trash);
    await discard(state, this.#places.trash);
  }

  async #noteUsed({ state, used }: EntryPlaces): Promise<void> {
    const now = new Date();
    await inCache('write', used, async () => {
      await mkdir(state, { recursive: true, mode: 0o700 });
      await writeFile(used, '', { mode: 0o600 });
      await utimes(used, now, now);
    });
  }
}

const removalPatienceMs = 10_000;

function isSha256(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text);
}

function sizeOf(entries: readonly Entry[]): number {
  return entries.reduce((sum, { allocated }) => sum + allocated, 0);
}
