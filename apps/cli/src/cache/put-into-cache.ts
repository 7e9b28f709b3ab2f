import type { Entry, Fetch, ImageCache } from '@image-api/driver-p2p-precache';
import { parseUri } from 'image-api';
import type { CopyOptions, ImageApi, TaskResult } from 'image-api';
import { follow, progressView } from '../copy/follow.ts';
import { createJsonListener } from '../copy/json-listener.ts';
import { warningLines } from '../copy/remarks.ts';
import { createStderrListener } from '../copy/stderr-listener.ts';
import type { ProgressView, TaskListener } from '../copy/task-listener.ts';
import type { PrecacheFlags } from '../flags/flags.ts';
import { readCopyFlags } from '../flags/read-copy-flags.ts';
import { withApi } from '../with-api.ts';
import type { World } from '../world.ts';

/** How an image came to be in the cache. */
export interface PutInCache {
  readonly entry: Entry;
  /** Where it comes from, as it is shown. */
  readonly from: string;
  /** False when it was there already. */
  readonly fetched: boolean;
  /** Its digest was known beforehand. */
  readonly promised: boolean;
  readonly seconds: number;
  /** What did not go as planned on its way. */
  readonly warnings?: readonly string[];
}

/** An ordinary copy into the cache, which then checks it and keeps it. */
export async function putIntoCache(image: string, flags: PrecacheFlags, world: World, cache: ImageCache): Promise<PutInCache> {
  // The cache computes the digest itself, and so the copy need not.
  const { checksum, ...options } = readCopyFlags(flags);
  const from = parseUri(image, { cwd: world.cwd });
  const sha256 = (checksum ?? (from.scheme === 'p2p' ? from.path : '')).replace(/^sha256[:-]/, '') || undefined;
  const startedAtMs = world.now();
  const view = flags.quiet ? undefined : await progressView(flags, world);
  return withApi(world, flags, async (api) => {
    const fetch = fetchBy(api, image, { ...options, signal: world.signal }, () => listeners(flags, world, view));
    const { entry, fetched } = await cache.put({ from: from.href, sha256 }, fetch.start, {
      signal: world.signal,
      onProgress: (bytes) => view?.show(checking(bytes, fetch.result()?.size)),
    });
    view?.clear();
    const { warnings } = fetch.result() ?? {};
    if (!flags.quiet) world.stderr.write(warningLines(warnings));
    const seconds = (world.now() - startedAtMs) / 1000;
    return { entry, from: from.href, fetched, promised: sha256 !== undefined, seconds, ...(warnings && { warnings }) };
  });
}

/** By whichever driver the plan picks. */
function fetchBy(
  api: ImageApi,
  image: string,
  options: CopyOptions,
  told: () => readonly TaskListener[],
): { readonly start: Fetch; result(): TaskResult | undefined } {
  let result: TaskResult | undefined;
  const start: Fetch = async (path) => {
    const task = api.copy(image, path, options);
    // Not before: one that follows nothing would never hear of its end.
    await follow(task, told());
    result = await task.wait();
    return { format: task.plan?.from.facts.format };
  };
  return { start, result: () => result };
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
