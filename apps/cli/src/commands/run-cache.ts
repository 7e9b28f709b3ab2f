import { exitStatus } from '@image-api/driver';
import type { Entry, Giving, ImageCache, Soundness } from '@image-api/driver-p2p-precache';
import { parseSize } from 'image-api';
import { cacheText, collectText, listed, soundnessText } from '../cache/cache-text.ts';
import type { ListedImage } from '../cache/cache-text.ts';
import { chooseImage } from '../cache/choose-image.ts';
import { openCache, openPrecache } from '../cache/open-cache.ts';
import type { CacheGcFlags, CommandFlags } from '../flags/flags.ts';
import { jsonLine } from '../text/json-line.ts';
import { unlessAborted } from '../with-api.ts';
import type { World } from '../world.ts';

/** `imagectl cache ls`: the images, and where they are. */
export async function listCache(flags: CommandFlags, world: World): Promise<number> {
  const { cache, given } = openPrecache(await world.loadConfig(flags));
  const { directory } = cache.settings;
  const [entries, giving] = await Promise.all([cache.list(), given()]);
  const images = await Promise.all(entries.map((entry) => look(cache, entry, giving.get(entry.sha256))));
  world.stdout.write(flags.json ? jsonLine({ directory, images }) : cacheText(directory, images, Date.now()));
  return 0;
}

/** `imagectl cache verify`: compute digests again. Ends with 8 when one was damaged. */
export async function verifyCache(names: readonly string[], flags: CommandFlags, world: World): Promise<number> {
  const cache = openCache(await world.loadConfig(flags));
  const entries = await cache.list();
  const checked: { readonly sha256: string; readonly soundness: Soundness }[] = [];
  for (const { sha256 } of names.length === 0 ? entries : names.map((name) => chooseImage(name, entries))) {
    const soundness = await cache.verify(sha256, { signal: world.signal });
    checked.push({ sha256, soundness });
    if (!flags.json) world.stdout.write(soundnessText(sha256, soundness));
  }
  if (flags.json) world.stdout.write(jsonLine({ checked }));
  else if (checked.length === 0) world.stdout.write('the cache is empty\n');
  return checked.some(({ soundness }) => soundness === 'damaged') ? exitStatus('VERIFY_FAILED') : 0;
}

/** `imagectl cache gc`: make it as small as it is to be. */
export async function collectCache(flags: CacheGcFlags, world: World): Promise<number> {
  const { maxSize } = flags;
  const dryRun = flags.dryRun === true;
  const cache = openCache(await world.loadConfig(flags));
  const bounds = { ...(maxSize !== undefined && { maxSize: parseSize(maxSize) }), dryRun };
  const { removed, above } = await unlessAborted(world.signal, cache.collect(bounds));
  const went = removed.map(({ sha256, allocated }) => ({ sha256, allocated }));
  world.stdout.write(flags.json ? jsonLine({ removed: went, above, dryRun }) : collectText(removed, above, dryRun));
  return 0;
}

const changes = {
  pin: { act: (cache: ImageCache, sha256: string) => cache.pin(sha256, true), words: 'is kept whatever has to go' },
  unpin: { act: (cache: ImageCache, sha256: string) => cache.pin(sha256, false), words: 'goes when there is no room' },
  rm: { act: (cache: ImageCache, sha256: string) => cache.remove(sha256), words: 'is removed' },
} as const;

/** `imagectl cache pin`, `unpin` and `rm`. All names are judged before anything is changed. */
export async function changeCache(
  what: keyof typeof changes,
  names: readonly string[],
  flags: CommandFlags,
  world: World,
): Promise<number> {
  const cache = openCache(await world.loadConfig(flags));
  const entries = await cache.list();
  const chosen = names.map((name) => chooseImage(name, entries));
  const { act, words } = changes[what];
  for (const { sha256 } of chosen) {
    await act(cache, sha256);
    if (!flags.json) world.stdout.write(`p2p:sha256-${sha256} ${words}\n`);
  }
  if (flags.json) world.stdout.write(jsonLine({ done: what, images: chosen.map(({ sha256 }) => sha256) }));
  return 0;
}

async function look(cache: ImageCache, entry: Entry, giving: Giving | undefined): Promise<ListedImage> {
  return listed(entry, await cache.isInUse(entry.sha256), giving);
}
