import { openCache } from '../cache/open-cache.ts';
import { putIntoCache } from '../cache/put-into-cache.ts';
import type { PutInCache } from '../cache/put-into-cache.ts';
import type { PrecacheFlags } from '../flags/flags.ts';
import { escapeControls } from '../text/escape-controls.ts';
import { formatSeconds, formatSize } from '../text/format-quantity.ts';
import { jsonLine } from '../text/json-line.ts';
import type { World } from '../world.ts';

/** `imagectl precache`: an ordinary copy into the cache, which then checks it and keeps it. Prints its address. */
export async function runPrecache(image: string, flags: PrecacheFlags, world: World): Promise<number> {
  const cache = openCache(await world.loadConfig(flags));
  tell(await putIntoCache(image, flags, world, cache), flags, world);
  return 0;
}

function tell({ entry, ...done }: PutInCache, flags: PrecacheFlags, { stdout, stderr }: World): void {
  const { sha256, path, manifest } = entry;
  const uri = `p2p:sha256-${sha256}`;
  const { size, format, infohash } = manifest;
  stdout.write(
    flags.json ? jsonLine({ type: 'result', uri, sha256, size, ...(format && { format }), infohash, path, ...done }) : `${uri}\n`,
  );
  if (!flags.quiet) stderr.write(`imagectl: ${escapeControls(precachedText(done, size))}\n`);
}

/** What was done, in one line. */
export function precachedText({ from, fetched, promised, seconds }: Omit<PutInCache, 'entry'>, size: number): string {
  if (!fetched) return `${from} was in the cache already`;
  const checked = promised ? 'verified by its sha256' : 'known by its sha256 from now on';
  return `cached ${from}: ${formatSize(size)} in ${formatSeconds(seconds)}, ${checked}`;
}
