import type { ImageFormat } from '@image-api/driver';
import type { ImageHashes } from './hash-image.ts';
import { torrentOf } from './torrent-of.ts';
import { zeroPieces } from './zero-pieces.ts';
import type { PieceRange } from './zero-pieces.ts';

/** What an image is: all that must be known to trust a copy of it. */
export interface Manifest {
  /** Of the whole, in lower-case hexadecimal. */
  readonly sha256: string;
  readonly size: number;
  /** As far as it was looked at. */
  readonly format?: ImageFormat;
  readonly infohash: string;
  readonly pieceLength: number;
  /** Pieces that hold nothing but zeros. */
  readonly zeroPieces: readonly PieceRange[];
}

/** The manifest of an image that was hashed, and its torrent. */
export function manifestOf(hashes: ImageHashes, format?: ImageFormat): { readonly manifest: Manifest; readonly torrent: Uint8Array } {
  const { sha256, size, pieceLength } = hashes;
  const { infohash, bytes } = torrentOf(hashes);
  const manifest = { sha256, size, ...(format && { format }), infohash, pieceLength, zeroPieces: zeroPieces(hashes) };
  return { manifest, torrent: bytes };
}

/** Read a manifest; `undefined` when it is none of this image. */
export function parseManifest(text: string, sha256: string): Manifest | undefined {
  const found = parseJson(text);
  if (typeof found !== 'object' || found === null) return undefined;
  const manifest = found as Partial<Manifest>;
  const whole = manifest.sha256 === sha256 && isCount(manifest.size) && isCount(manifest.pieceLength) && Array.isArray(manifest.zeroPieces);
  return whole && /^[0-9a-f]{40}$/.test(String(manifest.infohash)) ? (manifest as Manifest) : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
