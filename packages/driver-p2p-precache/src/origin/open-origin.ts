import { openFileReader, openWebReader } from '@image-api/host';
import type { Patience, RangeReader } from '@image-api/host';
import type { ContentAddress } from '../address/content-address.ts';
import { isWebPlace } from '../address/content-address.ts';
import { wrongOrigin } from '../p2p-precache-errors.ts';
import type { PublishedImage } from '../published/published-image.ts';

/** Where an image may be read as a whole. */
export interface Origin {
  /** An absolute path, or an address of a web server. */
  readonly place: string;
  /** Not the caller but a manifest named it: it must be a public address. */
  readonly told: boolean;
}

/** What the caller named, else what the publisher did. Pure. */
export function originOf({ origin }: ContentAddress, published: Pick<PublishedImage, 'origin'>): Origin | undefined {
  if (origin !== undefined) return { place: origin, told: false };
  return published.origin === undefined ? undefined : { place: published.origin, told: true };
}

/**
 * Open it for reading in pieces.
 *
 * @throws ImageError VERIFY_FAILED when it has another size than the image, and those of the readers
 */
export async function openOrigin(
  { place, told }: Origin,
  size: number,
  options: Patience & { readonly signal: AbortSignal },
): Promise<RangeReader> {
  const reader = isWebPlace(place) ? await openWebReader(place, { ...options, told }) : await openFileReader(place);
  if (reader.size === size) return reader;
  await reader.close();
  throw wrongOrigin(reader.name, `it has ${reader.size} bytes, and the image ${size}`);
}
