import { open } from 'node:fs/promises';
import type { TransferContext, TransferReport, TransferRequest } from '@image-api/driver';
import { inCache } from './cache/in-cache.ts';
import type { ImageCache } from './cache/image-cache.ts';
import { cannotFetch } from './p2p-precache-errors.ts';

/** Put an image into the cache that is a file of this machine, or that is in the cache already. */
export async function fillFromFile(
  cache: ImageCache,
  sha256: string | undefined,
  request: TransferRequest,
  { env, signal, report }: TransferContext,
): Promise<TransferReport> {
  const { from } = request;
  const there = sha256 === undefined ? undefined : await cache.find(sha256);
  if (!there && from.scheme !== 'file') throw cannotFetch(request);
  report({ phase: 'copy' });
  const fetch = async (path: string): Promise<object> => {
    await inCache('create', path, async () => (await open(path, 'wx', 0o600)).close());
    await env.local.duplicate(from.path, path, { signal });
    return from.facts.format ? { format: from.facts.format } : {};
  };
  const onArrived = (): void => report({ phase: 'check' });
  const { entry } = there ? { entry: there } : await cache.put({ from: from.href, sha256 }, fetch, { signal, onArrived });
  return { counters: { bytesSent: 0 }, fromSize: entry.manifest.size, fromDigest: `sha256:${entry.sha256}` };
}
