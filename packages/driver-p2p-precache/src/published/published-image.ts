import { ImageError } from '@image-api/driver';
import { isWebPlace } from '../address/content-address.ts';
import type { ImageHashes } from '../manifest/hash-image.ts';
import { manifestOf, parseManifest } from '../manifest/manifest.ts';
import type { Manifest } from '../manifest/manifest.ts';
import { pieceLengthFor } from '../manifest/piece-length.ts';
import { torrentOf } from '../manifest/torrent-of.ts';

/** An image as somebody published it: all that must be known to fetch it from anybody, and to know it when it is there. */
export interface PublishedImage {
  readonly hashes: ImageHashes;
  /** What follows from the hashes, whatever a manifest said beside them. */
  readonly manifest: Manifest;
  readonly torrent: Uint8Array;
  /** Where its publisher says that it may be read as a whole: an address of a web server. */
  readonly origin?: string;
}

/** The text that goes to other machines: a manifest that holds its torrent. */
export function formatPublished({ manifest, torrent, origin }: Omit<PublishedImage, 'hashes'>): string {
  return `${JSON.stringify({ ...manifest, ...(origin !== undefined && { origin }), torrent: Buffer.from(torrent).toString('base64') })}\n`;
}

/**
 * Judge a manifest, which may come from anybody: whatever it says must follow from the digest that the caller knows, its size and the
 * hashes of its pieces. Those alone are taken from it. Pure.
 *
 * @param name for messages
 * @param beside the torrent, where the manifest does not hold it
 * @throws ImageError VERIFY_FAILED
 */
export function parsePublished(text: string, sha256: string, name: string, beside?: Uint8Array): PublishedImage {
  const given = parseManifest(text, sha256);
  if (!given) throw unfit(name, `is no manifest of sha256:${sha256}`);
  const { torrent: inside, origin } = given as Manifest & { readonly torrent?: unknown; readonly origin?: unknown };
  if (origin !== undefined && !(typeof origin === 'string' && origin.length <= 4096 && isWebPlace(origin) && URL.canParse(origin)))
    throw unfit(name, 'names an origin that is no address of a web server');
  const torrent = typeof inside === 'string' && isBase64(inside) ? Buffer.from(inside, 'base64') : inside === undefined && beside;
  if (!torrent) throw unfit(name, inside === undefined ? 'does not hold its torrent, nor is it beside it' : 'holds a torrent that is none');
  const hashes = { sha256, size: given.size, pieceLength: given.pieceLength, pieces: piecesIn(torrent, given, name) };
  const { manifest, torrent: made } = manifestOf(hashes);
  if (!Buffer.from(made).equals(torrent)) throw unfit(name, 'comes with a torrent that holds something else than the pieces of the image');
  if (manifest.infohash !== given.infohash) throw unfit(name, 'does not belong to its torrent');
  return { hashes, manifest, torrent: made, ...(origin !== undefined && { origin }) };
}

const digestLength = 20;
/** What follows the pieces in the one info dictionary there is. */
const endLength = '7:privatei1eee'.length;

/** All of a torrent but the hashes of its pieces is known beforehand, and so is where they are: nobody's torrent has to be understood. */
function piecesIn(torrent: Uint8Array, { sha256, size, pieceLength }: Manifest, name: string): Buffer {
  if (pieceLength !== pieceLengthFor(size)) throw unfit(name, 'cuts the image into pieces of another length than everybody does');
  const length = Math.ceil(size / pieceLength) * digestLength;
  // No image so large comes with a torrent so small; and nothing is made as large as somebody only says.
  if (length > torrent.length) throw unfit(name, 'comes with a torrent that is too short for the image');
  const expected = torrentOf({ sha256, size, pieceLength, pieces: Buffer.alloc(length) }).bytes.length;
  if (torrent.length !== expected) throw unfit(name, 'comes with a torrent that holds something else than the pieces of the image');
  const end = torrent.length - endLength;
  return Buffer.from(torrent.subarray(end - length, end));
}

function isBase64(text: string): boolean {
  return /^[A-Za-z0-9+/]+={0,2}$/.test(text);
}

function unfit(name: string, what: string): ImageError {
  return new ImageError(`${name} ${what}; ask whoever published the image for a new one`, {
    code: 'VERIFY_FAILED',
    origin: 'source',
    driver: 'p2p-precache',
    untouched: true,
  });
}
