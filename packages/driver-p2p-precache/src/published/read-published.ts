import { dirname, join } from 'node:path';
import { ImageError } from '@image-api/driver';
import { escapeControl, openFileReader, openWebReader } from '@image-api/host';
import type { Patience, RangeReader } from '@image-api/host';
import { isWebPlace } from '../address/content-address.ts';
import { parsePublished } from './published-image.ts';
import type { PublishedImage } from './published-image.ts';

/** More than a manifest of the largest image has, with its torrent. */
const most = 32 * 2 ** 20;

/** How long to wait for a web server, at the most. */
export interface ReadingOptions extends Patience {
  readonly signal: AbortSignal;
}

/**
 * Read and judge the manifest of an image.
 *
 * @param place an absolute path, with the torrent in it or as `image.torrent` beside it; or an address of a web server, with the torrent in it
 * @throws ImageError VERIFY_FAILED when it is not of this image, SOURCE_MISSING and all that keeps it from being read, `untouched`
 */
export async function readPublished(place: string, sha256: string, options: ReadingOptions): Promise<PublishedImage> {
  const name = `the manifest ${escapeControl(place)}`;
  try {
    if (isWebPlace(place)) return parsePublished(await textOf(await openWebReader(place, options), name, options), sha256, name);
    const text = await textOf(await openFileReader(place), name, options);
    const beside = hasTorrent(text) ? undefined : await torrentBeside(place, name, options);
    return parsePublished(text, sha256, name, beside);
  } catch (error) {
    throw untouched(error);
  }
}

async function textOf(reader: RangeReader, name: string, options: ReadingOptions): Promise<string> {
  return Buffer.from(await contentOf(reader, name, options)).toString('utf8');
}

async function contentOf(reader: RangeReader, name: string, { signal }: ReadingOptions): Promise<Uint8Array> {
  try {
    if (reader.size > most) throw tooLarge(name, reader.size);
    return await reader.read(0, reader.size, signal);
  } finally {
    await reader.close();
  }
}

/** As in the directory of an image in the cache. */
async function torrentBeside(place: string, name: string, options: ReadingOptions): Promise<Uint8Array | undefined> {
  const path = join(dirname(place), 'image.torrent');
  const reader = await openFileReader(path).catch(() => undefined);
  return reader && contentOf(reader, `the torrent beside ${name}`, options);
}

function hasTorrent(text: string): boolean {
  return text.includes('"torrent"');
}

function tooLarge(name: string, size: number): ImageError {
  return new ImageError(`${name} has ${size} bytes, and no manifest has more than ${most}; check the address`, {
    code: 'VERIFY_FAILED',
    origin: 'source',
    driver: 'p2p-precache',
  });
}

/** Nothing was written: it was only looked for. */
function untouched(error: unknown): unknown {
  if (!(error instanceof ImageError) || error.untouched) return error;
  const { message, code, origin, retryable, details } = error;
  return new ImageError(message, { code, origin, driver: 'p2p-precache', retryable, details, untouched: true, cause: error });
}
