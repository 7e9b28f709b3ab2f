import { createHash } from 'node:crypto';
import { encode } from 'bencodec';
import type { ImageHashes } from './hash-image.ts';

/** An image as a swarm would know it. */
export interface Torrent {
  /** SHA-1 of the info dictionary, in lower-case hexadecimal. */
  readonly infohash: string;
  /** A whole torrent file. It names no tracker, no web seed and no peer. */
  readonly bytes: Uint8Array;
}

/**
 * The torrent of an image. The info dictionary is fixed: it holds nothing but what follows from the content, so whoever hashes the same
 * image gets the same infohash.
 */
export function torrentOf({ sha256, size, pieceLength, pieces }: ImageHashes): Torrent {
  const info = { length: size, name: sha256, 'piece length': pieceLength, pieces, private: 1 };
  return { infohash: createHash('sha1').update(bytesOf(info)).digest('hex'), bytes: bytesOf({ info }) };
}

function bytesOf(value: Parameters<typeof encode>[0]): Uint8Array {
  const encoded = encode(value);
  return typeof encoded === 'string' ? Buffer.from(encoded, 'latin1') : encoded;
}
