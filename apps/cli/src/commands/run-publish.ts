import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { ImageError } from '@image-api/driver';
import type { P2pPrecacheDriver, Publication, PublishOptions } from '@image-api/driver-p2p-precache';
import { parseRate } from 'image-api';
import { chooseImage } from '../cache/choose-image.ts';
import { openPrecache } from '../cache/open-cache.ts';
import { putIntoCache } from '../cache/put-into-cache.ts';
import type { PublishFlags } from '../flags/flags.ts';
import { readDuration } from '../flags/read-duration.ts';
import { escapeControls } from '../text/escape-controls.ts';
import { formatSeconds } from '../text/format-quantity.ts';
import { jsonLine } from '../text/json-line.ts';
import type { World } from '../world.ts';

const usualLinger = '1h';

/** `imagectl publish`: into the cache, then to whoever asks for it, by a program in the background. Prints the address. */
export async function runPublish(image: string, flags: PublishFlags, world: World): Promise<number> {
  const driver = openPrecache(await world.loadConfig(flags));
  if (flags.stop) return stop(image, flags, driver, world);
  const options = publishOptions(flags, world);
  const { entry, fetched } = await putIntoCache(image, flags, world, driver.cache);
  const publication = await driver.publish(entry.sha256, options);
  const path = flags.manifest === undefined ? undefined : resolve(world.cwd, flags.manifest);
  if (path !== undefined) await writeManifest(path, publication.manifest);
  const uri = path === undefined ? publication.uri : publication.uriWith(path);
  world.stdout.write(
    flags.json ? jsonLine({ type: 'result', uri, ...recordOf(publication), fetched, lingerMs: options.lingerMs }) : `${uri}\n`,
  );
  if (!flags.quiet) world.stderr.write(`imagectl: ${escapeControls(publishedText(publication, options, path))}\n`);
  return 0;
}

async function stop(image: string, flags: PublishFlags, driver: P2pPrecacheDriver, world: World): Promise<number> {
  const { sha256 } = chooseImage(image, await driver.cache.list());
  await driver.unpublish(sha256);
  const uri = `p2p:sha256-${sha256}`;
  world.stdout.write(flags.json ? jsonLine({ type: 'result', uri, sha256, stopped: true }) : `${uri} is no longer given to anybody\n`);
  return 0;
}

type Wish = PublishOptions & { readonly lingerMs: number };

function publishOptions({ linger = usualLinger, uploadLimit, origin }: PublishFlags, { cwd, signal }: World): Wish {
  const upload = uploadLimit === undefined ? undefined : parseRate(uploadLimit);
  const isWeb = origin !== undefined && /^https?:/i.test(origin);
  return {
    lingerMs: readDuration('--linger', linger),
    signal,
    ...(upload !== undefined && { upload }),
    ...(origin !== undefined && { origin: isWeb ? origin : resolve(cwd, origin) }),
  };
}

/** What is there already is not replaced, unless it is the same. */
async function writeManifest(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text, { flag: 'wx' });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && (await readFile(path, 'utf8').catch(() => '')) === text) return;
    throw new ImageError(`the manifest cannot be written: ${message}; name another file`, {
      code: code === 'EEXIST' ? 'DESTINATION_EXISTS' : 'DESTINATION_UNWRITABLE',
      origin: 'destination',
      cause: error,
    });
  }
}

function recordOf({ entry, peer }: Publication): object {
  const { sha256, path, manifest } = entry;
  const { size, format, infohash } = manifest;
  return { sha256, size, ...(format && { format }), infohash, path, peer: `${peer.host}:${peer.port}` };
}

/** What was done, in one line. */
export function publishedText({ peer }: Pick<Publication, 'peer'>, { lingerMs }: Pick<Wish, 'lingerMs'>, path: string | undefined): string {
  const where = `published at ${peer.host}, port ${peer.port}, for ${formatSeconds(lingerMs / 1000)}`;
  return path === undefined
    ? `${where}; other machines need its manifest, which --manifest writes to a file`
    : `${where}; its manifest is ${path}`;
}
