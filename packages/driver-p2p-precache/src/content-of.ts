import { ImageError } from '@image-api/driver';
import type { TransferRequest } from '@image-api/driver';

/**
 * The sha256 of the image that is asked for, in lower-case hexadecimal, where it is known beforehand: the source is a `p2p:` address, or
 * the caller told a digest.
 *
 * @throws ImageError BAD_ENDPOINT for a `p2p:` address that names no digest, or another than the caller
 */
export function contentOf({ from, digest }: Pick<TransferRequest, 'from' | 'digest'>): string | undefined {
  const told = digest?.replace(/^sha256:/, '');
  if (from.scheme !== 'p2p') return told;
  const named = /^sha256-([0-9a-f]{64})$/.exec(from.path)?.[1];
  if (named === undefined) throw badEndpoint(`${from.href} names no content; write p2p:sha256- and 64 hexadecimal digits in lower case`);
  if (told !== undefined && told !== named) throw badEndpoint(`${from.href} and the checksum sha256:${told} are of different images`);
  return named;
}

function badEndpoint(message: string): ImageError {
  return new ImageError(message, { code: 'BAD_ENDPOINT', origin: 'caller', driver: 'p2p-precache', untouched: true });
}
