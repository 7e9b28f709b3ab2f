import { rm } from 'node:fs/promises';
import type { ArrivedImage, Environment, OfferContext } from '@image-api/driver';
import { inCache } from './cache/in-cache.ts';
import type { Fetch } from './cache/fill-cache.ts';
import type { ImageCache } from './cache/image-cache.ts';
import { goesIntoCache } from './fetch-into-cache.ts';
import { cloneCommand } from './out/clone-command.ts';
import { cannotClone, cannotKeepIdly, noRoom } from './keep-errors.ts';

/** How what other drivers bring gets into the cache: `clone`, only where the two share their blocks; `copy`, else by copying what is no hole. */
export type KeepArrived = 'clone' | 'copy';

/**
 * Put an image that a copy has brought into the cache. The copy's own file may be written to meanwhile, so what is hashed is what was taken
 * from it, and if that is another image by then, it is not kept.
 *
 * @throws ImageError when it is not kept; nothing is left then. What is there already, or is being put there by somebody else, is no failure
 */
export async function keepArrived(cache: ImageCache, how: KeepArrived, image: ArrivedImage, context: KeepContext): Promise<void> {
  const sha256 = image.digest.replace(/^sha256:/, '');
  if (goesIntoCache(cache, { to: image }) || (await cache.find(sha256))) return;
  if (image.priority === 'idle') throw cannotKeepIdly(image);
  const { allocated = 0, format } = image.facts;
  if (!(await cache.hasRoom(allocated))) throw noRoom(image, cache.settings);
  const fetch: Fetch = async (path) => {
    if (await isCloned(image, path, context)) return { format };
    if (how === 'clone') throw cannotClone(image, cache.settings.directory);
    await cache.makeRoom(allocated);
    await context.env.local.duplicate(image.path, path, { signal: context.signal });
    return { format };
  };
  const kept = await cache.take({ from: image.path, sha256 }, fetch, { signal: context.signal });
  if (kept && !(await cache.hasRoom(0)) && (await cache.remove(sha256))) throw noRoom(image, cache.settings);
}

type KeepContext = Pick<OfferContext, 'signal'> & { readonly env: Environment };

async function isCloned({ path }: ArrivedImage, to: string, { env, signal }: KeepContext): Promise<boolean> {
  const { tool, args } = cloneCommand({ path }, to);
  const { exitCode } = await env.local.run(tool, args, { signal, killAfterMs: 1000 });
  // A refusal leaves an empty file.
  if (exitCode !== 0) await inCache('remove', to, () => rm(to, { force: true }));
  return exitCode === 0;
}
