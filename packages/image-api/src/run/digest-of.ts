import type { ContentDigest, Digest, Host, KnownEndpoint } from '@image-api/driver';
import { onSide } from '../look/on-side.ts';

/** What is hashed of an image. */
export interface Digests {
  readonly sha256: Digest;
  readonly content: ContentDigest;
}

/** One end of a copy, to be hashed. */
export interface Hashable {
  readonly side: 'source' | 'destination';
  readonly host: Host | undefined;
  readonly endpoint: KnownEndpoint;
  readonly signal: AbortSignal;
  /** Of an image on a device, which may be larger. */
  readonly imageSize?: number | undefined;
}

/** By the host it lives on; `undefined` where there is none, or it cannot. */
export async function digestOf<Kind extends keyof Digests>(kind: Kind, end: Hashable): Promise<Digests[Kind] | undefined> {
  const { side, host, endpoint, signal, imageSize } = end;
  const length = endpoint.facts.kind === 'block' && imageSize !== undefined ? { length: imageSize } : {};
  const ask = {
    sha256: (by: Host): Promise<Digest | undefined> => by.digest(endpoint.path, { signal, ...length }),
    content: (by: Host): Promise<ContentDigest | undefined> => by.contentDigest(endpoint.path, { signal, ...length }),
  } satisfies { readonly [Each in keyof Digests]: (by: Host) => Promise<Digests[Each] | undefined> };
  const asked = ask[kind] as (by: Host) => Promise<Digests[Kind] | undefined>;
  return host && onSide(side, endpoint, () => asked(host));
}
