import type { Digest, Host, KnownEndpoint } from '@image-api/driver';
import { onSide } from '../look/on-side.ts';

/** By the host it lives on; `undefined` where there is none. @param imageSize of an image on a device, which may be larger */
export async function digestOf(
  side: 'source' | 'destination',
  host: Host | undefined,
  endpoint: KnownEndpoint,
  signal: AbortSignal,
  imageSize?: number,
): Promise<Digest | undefined> {
  // A device may be larger than the image on it.
  const length = endpoint.facts.kind === 'block' && imageSize !== undefined ? { length: imageSize } : {};
  return host && onSide(side, endpoint, () => host.digest(endpoint.path, { signal, ...length }));
}
