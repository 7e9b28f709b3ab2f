import { ImageError } from '@image-api/driver';
import type { Entry } from './entry.ts';

/** Nobody has put it there, or it had to go. */
export function missing(sha256: string, directory: string): ImageError {
  return new ImageError(`sha256:${sha256} is not in the cache ${directory}: put it there with imagectl precache`, {
    code: 'SOURCE_MISSING',
    origin: 'source',
    driver: 'p2p-precache',
    untouched: true,
  });
}

export function damaged({ sha256 }: Entry): ImageError {
  return new ImageError(`sha256:${sha256} was damaged in the cache, and is removed from it: put it there again, and suspect the disk`, {
    code: 'VERIFY_FAILED',
    origin: 'source',
    driver: 'p2p-precache',
    untouched: true,
  });
}

export function busy(sha256: string): ImageError {
  return new ImageError(`sha256:${sha256} is in use: wait until the copies from it are over`, {
    code: 'DESTINATION_BUSY',
    origin: 'destination',
    driver: 'p2p-precache',
  });
}

/** What was taken for a digest is none. */
export function noDigest(text: string): ImageError {
  return new ImageError(`${JSON.stringify(text)} is no sha256: it has 64 hexadecimal digits in lower case`, {
    code: 'BAD_OPTION',
    origin: 'caller',
    driver: 'p2p-precache',
    untouched: true,
  });
}
