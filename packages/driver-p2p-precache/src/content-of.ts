import { ImageError } from '@image-api/driver';
import type { TransferRequest } from '@image-api/driver';
import { parseContentAddress } from './address/content-address.ts';

/**
 * The sha256 of the image that is asked for, in lower-case hexadecimal, where it is known beforehand: the source is a `p2p:` address, or
 * the caller told a digest.
 *
 * @throws ImageError BAD_ENDPOINT for a `p2p:` address that names no digest, or another than the caller
 */
export function contentOf({ from, digest }: Pick<TransferRequest, 'from' | 'digest'>): string | undefined {
  const told = digest?.replace(/^sha256:/, '');
  if (from.scheme !== 'p2p') return told;
  const { sha256 } = parseContentAddress(from);
  if (told === undefined || told === sha256) return sha256;
  throw new ImageError(`${from.href} and the checksum sha256:${told} are of different images`, {
    code: 'BAD_ENDPOINT',
    origin: 'caller',
    driver: 'p2p-precache',
    untouched: true,
  });
}
