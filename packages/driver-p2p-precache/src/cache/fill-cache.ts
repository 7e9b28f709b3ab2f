import { createHash } from 'node:crypto';
import { lstat, mkdir, rename, rm } from 'node:fs/promises';
import { ImageError } from '@image-api/driver';
import type { Claim, Host, ImageFormat } from '@image-api/driver';
import type { HashOptions } from '../manifest/hash-image.ts';
import { ifThere } from '@image-api/host';
import { admit, checkImage } from './admit.ts';
import type { CheckedImage } from './admit.ts';
import { discard } from './discard.ts';
import { readEntry } from './entry.ts';
import type { Entry } from './entry.ts';
import { inCache } from './in-cache.ts';
import type { ArrivalPlaces, Places } from './places.ts';

/** An image that somebody wants in the cache. */
export interface FillWish {
  /** Where it comes from; for messages, and so that the same wish again goes on with what an interrupted one left. */
  readonly from: string;
  /** Its digest in lower-case hexadecimal, where that is known beforehand. */
  readonly sha256?: string | undefined;
}

/** Put the whole image at a path at which nothing is, unless it goes on from what is there, and on the disk. What it is may be told. */
export type Fetch = (path: string) => Promise<{ readonly format?: ImageFormat | undefined }>;

export interface FillOptions extends HashOptions {
  /** Told when all of the image has arrived and it begins to be checked. */
  readonly onArrived?: () => void;
  /**
   * The fetch goes on from what an interrupted one left at the path, whatever that is. Then it is not looked at before, and it is kept
   * unless the fetch is cancelled. Default false.
   */
  readonly goesOn?: boolean;
}

/** What is asked of others who want the same image. */
interface Waiting {
  /** How long to wait for them, in milliseconds. Default a week. */
  readonly waitMs?: number;
}

export interface Filled {
  readonly entry: Entry;
  /** False when it was there already, or another process put it there meanwhile. */
  readonly fetched: boolean;
}

export interface FillInput {
  readonly wish: FillWish;
  readonly fetch: Fetch;
  readonly options: FillOptions;
  readonly places: Places;
  readonly host: Host;
}

/** See `ImageCache.put`. */
export async function fillCache(input: FillInput): Promise<Filled> {
  const { sha256, from } = input.wish;
  if (sha256 !== undefined) return fillKnown(input, sha256);
  const arrival = input.places.unknown(createHash('sha256').update(from).digest('hex'));
  return holding(input, arrival, async () => {
    const { format, checked } = await arriveAnew(input, arrival);
    const filled = await enter(input, arrival, checked, format);
    await leave(input, arrival);
    return filled;
  });
}

/**
 * See `ImageCache.take`. It arrives apart from where one who fetches the image piece by piece has what came: only when it is whole and right does it
 * take that one's place.
 */
export async function takeIntoCache(input: FillInput, sha256: string): Promise<Filled> {
  const places = input.places.entry(sha256);
  const arrival = { ...input.places.unknown(sha256), lock: places.lock };
  const taking = async (): Promise<Filled> => {
    const there = await readEntry(sha256, places);
    if (there) return { entry: there, fetched: false };
    const { format, checked } = await arriveAnew(input, arrival);
    if (checked.hashes.sha256 !== sha256) throw isAnother(input.wish, checked.hashes.sha256);
    await inCache('create', places.directory, () => mkdir(places.directory, { recursive: true, mode: 0o700 }));
    return enterHeld(input, arrival, checked, format);
  };
  const cleaning = async (): Promise<Filled> => {
    try {
      return await taking();
    } finally {
      await discard(arrival.directory, input.places.trash);
      // Of an image of which nothing is here, nor was, there is no lock either.
      if (!(await ifThere(() => lstat(places.directory)))) await rm(places.lock, { force: true });
    }
  };
  return holding(input, arrival, cleaning, { waitMs: 0 });
}

/** What an earlier wish left may be of an older source. */
async function arriveAnew(input: FillInput, arrival: ArrivalPlaces): Promise<Arrived> {
  await inCache('remove', arrival.part, () => rm(arrival.part, { force: true }));
  return arrive(input, arrival);
}

/** Nothing stays of where an image arrived. */
async function leave({ places }: FillInput, { directory, lock }: ArrivalPlaces): Promise<void> {
  await discard(directory, places.trash);
  await rm(lock, { force: true });
}

async function fillKnown(input: FillInput, sha256: string): Promise<Filled> {
  const places = input.places.entry(sha256);
  const there = await readEntry(sha256, places);
  if (there) return { entry: there, fetched: false };
  return holding(input, places, async () => {
    const since = await readEntry(sha256, places);
    if (since) return { entry: since, fetched: false };
    const left = input.options.goesOn ? undefined : await checkLeft(input, places, sha256);
    const { format, checked } = left ?? (await arriving(input, places));
    if (checked.hashes.sha256 !== sha256) {
      await leave(input, places);
      throw isAnother(input.wish, checked.hashes.sha256);
    }
    await admit(checked, places.part, places, input.host, format);
    return { entry: await complete(input, sha256), fetched: left === undefined };
  });
}

/** After a cancel nobody is known to want what came. */
async function arriving(input: FillInput, places: ArrivalPlaces): Promise<Arrived> {
  try {
    return await arrive(input, places);
  } catch (error) {
    if (input.options.goesOn && input.options.signal?.aborted) await leave(input, places);
    throw error;
  }
}

interface Arrived {
  readonly format?: ImageFormat | undefined;
  readonly checked: CheckedImage;
}

async function arrive({ fetch, options }: FillInput, { part }: ArrivalPlaces): Promise<Arrived> {
  const { format } = await fetch(part);
  options.onArrived?.();
  return { format, checked: await checkImage(part, options) };
}

/** All of it had arrived when another process was killed. A digest that is right is right, however the bytes came. */
async function checkLeft({ options }: FillInput, { part }: ArrivalPlaces, sha256: string): Promise<Arrived | undefined> {
  const checked = await ifThere(() => checkImage(part, options)).catch((error: unknown) => {
    if (options.signal?.aborted) throw error;
    return undefined;
  });
  if (checked?.hashes.sha256 === sha256) return { checked };
  await inCache('remove', part, () => rm(part, { force: true }));
  return undefined;
}

/** Give an image that arrived without a known digest the place that its digest says. */
async function enter(input: FillInput, arrival: ArrivalPlaces, checked: CheckedImage, format: ImageFormat | undefined): Promise<Filled> {
  return holding(input, input.places.entry(checked.hashes.sha256), () => enterHeld(input, arrival, checked, format));
}

async function enterHeld(
  input: FillInput,
  { part }: ArrivalPlaces,
  checked: CheckedImage,
  format: ImageFormat | undefined,
): Promise<Filled> {
  const { sha256 } = checked.hashes;
  const places = input.places.entry(sha256);
  const there = await readEntry(sha256, places);
  if (there) return { entry: there, fetched: false };
  await inCache('write', places.part, () => rename(part, places.part));
  await admit(checked, places.part, places, input.host, format);
  return { entry: await complete(input, sha256), fetched: true };
}

async function complete({ places }: FillInput, sha256: string): Promise<Entry> {
  const entry = await readEntry(sha256, places.entry(sha256));
  if (entry) return entry;
  throw new ImageError(`sha256:${sha256} was put into the cache, and is gone again; leave what is in ${places.directory} alone`, {
    code: 'WRITE_FAILED',
    origin: 'destination',
    driver: 'p2p-precache',
  });
}

/** Longer than any fetch takes: whoever holds the lock is at work, and the kernel frees it when it dies. */
const patienceMs = 7 * 24 * 3_600_000;

async function holding<T>(
  { host, options }: FillInput,
  { directory, lock }: ArrivalPlaces,
  work: () => Promise<T>,
  { waitMs = patienceMs }: Waiting = {},
): Promise<T> {
  const { signal } = options;
  const claim: Claim = await host.claim(lock, { waitMs, ...(signal && { signal }) });
  try {
    await inCache('create', directory, () => mkdir(directory, { recursive: true, mode: 0o700 }));
    return await work();
  } finally {
    await claim.release();
  }
}

function isAnother({ from, sha256 = '' }: FillWish, found: string): ImageError {
  return new ImageError(`${from} does not have the promised checksum: it is sha256:${found}, not sha256:${sha256}; it is not cached`, {
    code: 'VERIFY_FAILED',
    origin: 'source',
    driver: 'p2p-precache',
    details: { expected: `sha256:${sha256}`, arrived: `sha256:${found}` },
  });
}
