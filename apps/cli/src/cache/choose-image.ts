import { ImageError } from '@image-api/driver';
import type { Entry } from '@image-api/driver-p2p-precache';
import { badOption } from '../failure/to-image-error.ts';

/** So short a beginning is a slip. */
const shortest = 4;

/**
 * The image that somebody means by its digest, the beginning of it, or its address.
 *
 * @throws ImageError BAD_OPTION when it could be several, or none at all; SOURCE_MISSING when it is not in the cache
 */
export function chooseImage(text: string, entries: readonly Entry[]): Entry {
  const digest = text.toLowerCase().replace(/^(p2p:sha256-|sha256:)/, '');
  if (!/^[0-9a-f]{1,64}$/.test(digest) || digest.length < shortest)
    throw badOption(`${JSON.stringify(text)} is no digest, nor ${shortest} digits of one; see imagectl cache ls`);
  const [found, other] = entries.filter(({ sha256 }) => sha256.startsWith(digest));
  if (found && other) throw badOption(`${JSON.stringify(text)} could be ${found.sha256} or ${other.sha256}: give more digits`);
  if (found) return found;
  throw new ImageError(`no image in the cache has a digest that begins with ${digest}; see imagectl cache ls`, {
    code: 'SOURCE_MISSING',
    origin: 'source',
  });
}
