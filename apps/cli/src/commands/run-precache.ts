import type { Entry } from '@image-api/driver-p2p-precache';
import { openCache } from '../cache/open-cache.ts';
import { putIntoCache } from '../cache/put-into-cache.ts';
import type { PutInCache } from '../cache/put-into-cache.ts';
import { readFleetFlags } from '../fleet/read-fleet-flags.ts';
import { reportRecord, runFleet } from '../fleet/run-fleet.ts';
import type { PrecacheFlags } from '../flags/flags.ts';
import { escapeControls } from '../text/escape-controls.ts';
import { formatSeconds, formatSize } from '../text/format-quantity.ts';
import { jsonLine } from '../text/json-line.ts';
import type { World } from '../world.ts';

/**
 * `imagectl precache`: an ordinary copy into the cache, which then checks it and keeps it; from there to other hosts, if any are named. Prints
 * its address.
 */
export async function runPrecache(image: string, flags: PrecacheFlags, world: World): Promise<number> {
  const fleet = await readFleetFlags(flags, world.cwd);
  const config = await world.loadConfig(flags);
  const cache = openCache(config);
  const startedAtMs = world.now();
  const put = await putIntoCache(image, flags, world, cache);
  if (!fleet) {
    tell(put, flags, world);
    if (!flags.quiet) world.stderr.write(`imagectl: ${escapeControls(precachedText(put, put.entry.manifest.size))}\n`);
    return 0;
  }
  const send = (entry: Entry): ReturnType<typeof runFleet> => runFleet(entry, fleet, flags, world, config.ssh?.configFile);
  const { report, status } = await cache.use(put.entry.sha256, send, world.signal);
  tell({ ...put, ...reportRecord(report), seconds: (world.now() - startedAtMs) / 1000 }, flags, world);
  return status;
}

function tell({ entry, ...done }: PutInCache, flags: PrecacheFlags, { stdout }: World): void {
  const { sha256, path, manifest } = entry;
  const uri = `p2p:sha256-${sha256}`;
  const { size, format, infohash } = manifest;
  stdout.write(
    flags.json ? jsonLine({ type: 'result', uri, sha256, size, ...(format && { format }), infohash, path, ...done }) : `${uri}\n`,
  );
}

/** What was done, in one line. */
export function precachedText({ from, fetched, promised, seconds }: Omit<PutInCache, 'entry'>, size: number): string {
  if (!fetched) return `${from} was in the cache already`;
  const checked = promised ? 'verified by its sha256' : 'known by its sha256 from now on';
  return `cached ${from}: ${formatSize(size)} in ${formatSeconds(seconds)}, ${checked}`;
}
