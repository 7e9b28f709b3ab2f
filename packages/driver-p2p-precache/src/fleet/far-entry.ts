import { join } from 'node:path';
import { ImageError } from '@image-api/driver';
import type { Host, PathStat, RunOptions } from '@image-api/driver';
import { errnoFromText, fileError } from '@image-api/host';
import type { CheckedState } from '../cache/entry.ts';
import type { EntryPlaces } from '../cache/places.ts';
import { placesIn } from '../cache/places.ts';
import type { Manifest } from '../manifest/manifest.ts';
import { admitScript, deliverScript, recheckedScript } from './far-scripts.ts';

/** An image as the caller knows it: what a host must come to have. */
export interface Content {
  readonly manifest: Manifest;
  readonly torrent: Uint8Array;
}

/** An entry of the cache of another host. */
export interface FarEntry {
  readonly host: Host;
  readonly directory: string;
  readonly sha256: string;
  readonly signal: AbortSignal;
}

/** A word of an environment may be 128 KiB long. */
const pieceLength = 72 * 1024;

/** The directory of the engine that fetches an image. */
export function engineDirectory(directory: string, sha256: string): string {
  return join(placesIn(directory).entry(sha256).directory, 'engine');
}

/** Put what is to lie beside an image next to the engine that fetches it. There is time for that while it comes. */
export async function deliverBeside(entry: FarEntry, { manifest, torrent }: Content): Promise<void> {
  const beside = engineDirectory(entry.directory, entry.sha256);
  await deliver(entry, join(beside, 'image.torrent'), torrent);
  await deliver(entry, join(beside, 'manifest.json'), Buffer.from(`${JSON.stringify(manifest)}\n`));
}

/**
 * Make an entry of an image whose pieces have all come, and beside which all was delivered: compute its digest over there, and give it its name if that is right.
 *
 * @returns bytes it takes on the disk
 * @throws ImageError VERIFY_FAILED, and then what came is removed
 */
export async function admitFar(entry: FarEntry): Promise<number> {
  const { directory, sha256 } = entry;
  const places = placesIn(directory).entry(sha256);
  const state = await checkFar(entry, places.part);
  const said = await runScript(entry, admitScript, [directory, sha256, JSON.stringify(state)], places);
  const [blocks = 0, blockSize = 0] = said.trim().split(' ').map(Number);
  return blocks * blockSize;
}

/**
 * Look whether an image that is there is the right one, where that was not looked at since it was last written to.
 *
 * @returns false when it was damaged: it is removed
 */
export async function recheckFar(entry: FarEntry): Promise<boolean> {
  const places = placesIn(entry.directory).entry(entry.sha256);
  const found = await stateOfDigest(entry, places.image);
  const isSound = found.sha256 === entry.sha256;
  await runScript(entry, recheckedScript, [entry.directory, entry.sha256, isSound ? JSON.stringify(found.state) : ''], places);
  return isSound;
}

async function checkFar(entry: FarEntry, path: string): Promise<CheckedState> {
  const { sha256, state } = await stateOfDigest(entry, path);
  if (sha256 === entry.sha256) return state;
  await entry.host.remove(path);
  throw new ImageError(
    `what came to ${entry.host.id} is sha256:${sha256}, not sha256:${entry.sha256}, though every piece was right: it is removed; suspect the memory or the disk there`,
    { code: 'VERIFY_FAILED', origin: 'destination', driver: 'p2p-precache', details: { host: entry.host.id } },
  );
}

/** @throws ImageError SOURCE_CHANGED when it was written to meanwhile */
async function stateOfDigest({ host, signal }: FarEntry, path: string): Promise<{ readonly sha256: string; readonly state: CheckedState }> {
  const before = stateOf(await host.stat(path));
  const digest = await host.digest(path, { signal });
  const after = stateOf(await host.stat(path));
  if (!before || !after || JSON.stringify(before) !== JSON.stringify(after))
    throw new ImageError(`${path} on ${host.id} was written to while it was checked; leave what is in the cache alone, then try again`, {
      code: 'SOURCE_CHANGED',
      origin: 'destination',
      driver: 'p2p-precache',
      retryable: true,
    });
  return { sha256: digest.slice('sha256:'.length), state: after };
}

/** In this order it is compared with what is written down. */
function stateOf(stat: PathStat | undefined): CheckedState | undefined {
  return stat && { inode: stat.inode, modifiedNs: stat.modifiedNs };
}

/** Put a file there. */
export async function deliver(entry: FarEntry, path: string, content: Uint8Array): Promise<void> {
  const places = placesIn(entry.directory).entry(entry.sha256);
  for (let at = 0; at === 0 || at < content.length; at += pieceLength) {
    const BYTES = Buffer.from(content.subarray(at, at + pieceLength)).toString('base64');
    await runScript(entry, deliverScript, [path, at === 0 ? '' : 'more'], places, { environment: { BYTES } });
  }
}

async function runScript(
  { host, signal }: FarEntry,
  script: string,
  words: readonly string[],
  places: EntryPlaces,
  options: RunOptions = {},
): Promise<string> {
  const { exitCode, stdout, stderr } = await host.run('sh', ['-c', script, 'sh', ...words], { signal, ...options });
  if (exitCode === 0) return stdout;
  const errno = errnoFromText(stderr);
  throw fileError({ side: 'destination', host: host.id, path: places.directory, action: 'write to', said: stderr, errno });
}
