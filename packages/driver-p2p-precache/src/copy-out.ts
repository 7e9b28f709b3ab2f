import type { TransferContext, TransferReport, TransferRequest } from '@image-api/driver';
import type { Entry } from './cache/entry.ts';
import type { ImageCache } from './cache/image-cache.ts';
import { cancelled, copyError } from './p2p-precache-errors.ts';

/** Copy an image out of the cache: blocks are shared where the filesystem can, else copied, holes kept. */
export async function copyOut(
  cache: ImageCache,
  sha256: string,
  request: TransferRequest,
  context: TransferContext,
): Promise<TransferReport> {
  const { signal, report } = context;
  if (signal.aborted) throw cancelled(request, signal);
  report({ phase: 'copy' });
  let begun = false;
  try {
    await cache.use(
      sha256,
      async (entry) => {
        begun = true;
        await duplicate(entry, request, context);
      },
      signal,
    );
  } catch (error) {
    throw copyError(error, request, !begun || (await isEmpty(request, context)));
  }
  const { size } = (await context.env.local.stat(request.to.path)) ?? { size: 0 };
  return { counters: { bytesSent: 0 }, fromSize: size, fromDigest: `sha256:${sha256}` };
}

function duplicate({ path }: Entry, { to }: TransferRequest, { env, signal }: TransferContext): Promise<void> {
  return env.local.duplicate(path, to.path, { signal });
}

async function isEmpty({ to }: TransferRequest, { env }: TransferContext): Promise<boolean> {
  const stat = await env.local.stat(to.path).catch(() => undefined);
  return stat?.kind === 'file' && stat.size === 0 && stat.allocated === 0;
}
