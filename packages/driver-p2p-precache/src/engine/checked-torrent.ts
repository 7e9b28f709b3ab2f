import { createHash } from 'node:crypto';
import { decode, encode } from 'bencodec';
import { ImageError } from '@image-api/driver';
import type { Manifest } from '../manifest/manifest.ts';

/**
 * A torrent of nothing but what the manifest names. What else was beside it, trackers, web seeds, peers, is left out; the infohash leaves no room
 * for other names, paths or files than the ones we gave.
 *
 * @throws ImageError VERIFY_FAILED when it is the torrent of something else
 */
export function checkedTorrent(torrent: Uint8Array, { infohash, sha256, size, pieceLength }: Manifest): Uint8Array {
  const info = infoOf(torrent);
  const bytes = info === undefined ? undefined : bencoded(info);
  if (!info || !bytes || createHash('sha1').update(bytes).digest('hex') !== infohash) throw isAnother(sha256, 'its infohash is another');
  const { name, length, private: closed, 'piece length': cut, pieces, ...more } = info;
  const strangers = Object.keys(more);
  if (strangers.length > 0) throw isAnother(sha256, `it has ${strangers.join(', ')}`);
  const fits = textOf(name) === sha256 && length === size && closed === 1 && cut === pieceLength;
  const whole = pieces instanceof Uint8Array && pieces.length === Math.ceil(size / pieceLength) * 20;
  if (!fits || !whole) throw isAnother(sha256, 'its name, size or pieces are others');
  return bencoded({ info });
}

type Info = Record<string, unknown>;

function infoOf(torrent: Uint8Array): Info | undefined {
  try {
    const { info } = decode(Buffer.from(torrent)) as { info?: unknown };
    return typeof info === 'object' && info !== null ? (info as Info) : undefined;
  } catch {
    return undefined;
  }
}

function textOf(value: unknown): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : String(value);
}

function bencoded(value: unknown): Uint8Array {
  const encoded = encode(value as Parameters<typeof encode>[0]);
  return typeof encoded === 'string' ? Buffer.from(encoded, 'latin1') : encoded;
}

function isAnother(sha256: string, why: string): ImageError {
  return new ImageError(
    `the torrent that was found for sha256:${sha256} is not the one its manifest names: ${why}; publish the image again`,
    {
      code: 'VERIFY_FAILED',
      origin: 'source',
      driver: 'p2p-precache',
      untouched: true,
    },
  );
}
