import { lstat, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Host, ImageFormat } from '@image-api/driver';
import { ImageError } from '@image-api/driver';
import { hashImage } from '../manifest/hash-image.ts';
import type { HashOptions, ImageHashes } from '../manifest/hash-image.ts';
import { manifestOf } from '../manifest/manifest.ts';
import { stateOf } from './entry.ts';
import type { CheckedState } from './entry.ts';
import { inCache } from './in-cache.ts';
import type { EntryPlaces } from './places.ts';

/** An image that was hashed, and the state of its file meanwhile. */
export interface CheckedImage {
  readonly hashes: ImageHashes;
  readonly state: CheckedState;
}

/**
 * Hash an image that nobody else writes to.
 *
 * @throws ImageError SOURCE_CHANGED when somebody did
 */
export async function checkImage(path: string, options: HashOptions): Promise<CheckedImage> {
  const look = (): Promise<CheckedState> => inCache('look at', path, async () => stateOf(await lstat(path, { bigint: true })));
  const before = await look();
  const hashes = await inCache('read', path, () => hashImage(path, options));
  const after = await look();
  if (JSON.stringify(before) === JSON.stringify(after)) return { hashes, state: after };
  throw new ImageError(`${path} was written to while it was checked; leave what is in the cache alone, then try again`, {
    code: 'SOURCE_CHANGED',
    origin: 'destination',
    driver: 'p2p-precache',
  });
}

/**
 * Make an entry of an image that was checked and has its digest. In an order that survives a kill or a power cut at any point: the bytes
 * and all that is beside them are on the disk before the name that says that the entry is complete.
 */
export async function admit(checked: CheckedImage, from: string, places: EntryPlaces, host: Host, format?: ImageFormat): Promise<void> {
  const { manifest, torrent } = manifestOf(checked.hashes, format);
  await inCache('write', places.directory, () => mkdir(places.directory, { recursive: true, mode: 0o700 }));
  await host.sync(from);
  await writeSafely(places.torrent, torrent, host);
  await writeSafely(places.manifest, `${JSON.stringify(manifest)}\n`, host);
  await host.setMode(from, 0o400);
  await noteChecked(places, checked.state);
  await inCache('write', places.image, () => rename(from, places.image));
  await host.sync(places.directory);
  await host.sync(dirname(places.directory));
}

/** Write down that an image was checked just now. */
export async function noteChecked({ checked, state }: EntryPlaces, of: CheckedState): Promise<void> {
  await inCache('write', checked, async () => {
    await mkdir(state, { recursive: true, mode: 0o700 });
    await writeFile(checked, JSON.stringify(of), { mode: 0o600 });
  });
}

/** The old text or the new one, whatever happens. */
async function writeSafely(path: string, content: string | Uint8Array, host: Host): Promise<void> {
  const beside = `${path}.new`;
  await inCache('write', path, async () => {
    await rm(beside, { force: true });
    await writeFile(beside, content, { mode: 0o400, flag: 'wx' });
    await host.sync(beside);
    await rename(beside, path);
  });
}
