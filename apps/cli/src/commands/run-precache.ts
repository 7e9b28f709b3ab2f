import type { Entry, Fetch } from '@image-api/driver-p2p-precache';
import { parseUri } from 'image-api';
import type { CopyOptions, ImageApi } from 'image-api';
import { openCache } from '../cache/open-cache.ts';
import { follow, progressView } from '../copy/follow.ts';
import { createJsonListener } from '../copy/json-listener.ts';
import { createStderrListener } from '../copy/stderr-listener.ts';
import type { ProgressView, TaskListener } from '../copy/task-listener.ts';
import type { PrecacheFlags } from '../flags/flags.ts';
import { readCopyFlags } from '../flags/read-copy-flags.ts';
import { escapeControls } from '../text/escape-controls.ts';
import { formatSeconds, formatSize } from '../text/format-quantity.ts';
import { jsonLine } from '../text/json-line.ts';
import { withApi } from '../with-api.ts';
import type { World } from '../world.ts';

/** `imagectl precache`: an ordinary copy into the cache, which then checks it and keeps it. Prints its address. */
export async function runPrecache(image: string, flags: PrecacheFlags, world: World): Promise<number> {
  // The cache computes the digest itself, and so the copy need not.
  const { checksum, ...options } = readCopyFlags(flags);
  const from = parseUri(image, { cwd: world.cwd });
  const sha256 = (checksum ?? (from.scheme === 'p2p' ? from.path : '')).replace(/^sha256[:-]/, '') || undefined;
  const cache = openCache(await world.loadConfig(flags));
  const startedAtMs = world.now();
  const view = flags.quiet ? undefined : progressView(flags, world);
  return withApi(world, flags, async (api) => {
    const fetch = fetchBy(api, image, { ...options, signal: world.signal }, listeners(flags, world, view));
    const { entry, fetched } = await cache.put({ from: from.href, sha256 }, fetch.start, {
      signal: world.signal,
      onProgress: (bytes) => view?.show(checking(bytes, fetch.size())),
    });
    view?.clear();
    const promised = sha256 !== undefined;
    tell(entry, { from: from.href, fetched, promised, seconds: (world.now() - startedAtMs) / 1000 }, flags, world);
    return 0;
  });
}

/** By whichever driver the plan picks. */
function fetchBy(
  api: ImageApi,
  image: string,
  options: CopyOptions,
  told: readonly TaskListener[],
): { readonly start: Fetch; size(): number | undefined } {
  let size: number | undefined;
  const start: Fetch = async (path) => {
    const task = api.copy(image, path, options);
    await follow(task, told);
    const result = await task.wait();
    size = result.size;
    return { format: task.plan?.from.facts.format };
  };
  return { start, size: () => size };
}

/** The copy is only the first half: its end is not told. */
function listeners(flags: PrecacheFlags, { stdout, stderr, now, signal }: World, view: ProgressView | undefined): readonly TaskListener[] {
  const json = flags.json ? [createJsonListener((text) => void stdout.write(text), now)] : [];
  const all = view ? [...json, createStderrListener(stderr, view, signal)] : json;
  return all.map((listener) => ({
    take: (event) => {
      if (event.type !== 'result') listener.take(event);
    },
    end: () => listener.end(),
  }));
}

function checking(bytesLogical: number, size: number | undefined): Parameters<ProgressView['show']>[0] {
  const total = size === undefined ? {} : { total: { bytes: size, certainty: 'exact' } as const };
  return { phase: 'check', bytesLogical, bytesRead: 0, bytesSent: 0, bytesSkipped: 0, rate: 0, ...total };
}

interface Done {
  readonly from: string;
  readonly fetched: boolean;
  /** Its digest was known beforehand. */
  readonly promised: boolean;
  readonly seconds: number;
}

function tell({ sha256, path, manifest }: Entry, done: Done, flags: PrecacheFlags, { stdout, stderr }: World): void {
  const uri = `p2p:sha256-${sha256}`;
  const { size, format, infohash } = manifest;
  stdout.write(
    flags.json ? jsonLine({ type: 'result', uri, sha256, size, ...(format && { format }), infohash, path, ...done }) : `${uri}\n`,
  );
  if (!flags.quiet) stderr.write(`imagectl: ${escapeControls(precachedText(done, size))}\n`);
}

/** What was done, in one line. */
export function precachedText({ from, fetched, promised, seconds }: Done, size: number): string {
  if (!fetched) return `${from} was in the cache already`;
  const checked = promised ? 'verified by its sha256' : 'known by its sha256 from now on';
  return `cached ${from}: ${formatSize(size)} in ${formatSeconds(seconds)}, ${checked}`;
}
