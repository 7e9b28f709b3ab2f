import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Entry } from '../cache/entry.ts';
import { hashImage } from '../manifest/hash-image.ts';
import { manifestOf } from '../manifest/manifest.ts';
import type { Content } from './far-entry.ts';

/** What hosts must come to have. An entry of the cache is not hashed again. */
export async function contentOf(from: string | Entry, signal: AbortSignal): Promise<Content> {
  if (typeof from === 'string') return manifestOf(await hashImage(from, { signal }));
  return { manifest: from.manifest, torrent: await readFile(join(dirname(from.path), 'image.torrent')) };
}
