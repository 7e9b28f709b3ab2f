import { ifThere } from '@image-api/host';
import type { HashOptions, ImageHashes } from '../manifest/hash-image.ts';
import { hashImage } from '../manifest/hash-image.ts';
import { zeroPieces } from '../manifest/zero-pieces.ts';

const digestLength = 20;

/** The hash of a piece, by its number. */
export function pieceDigest(pieces: Buffer, index: number): Buffer {
  return pieces.subarray(index * digestLength, (index + 1) * digestLength);
}

/** Which pieces of an image a file does not hold, by their numbers; all but those of zeros when it is not there, or of another size. */
export async function missingPieces(path: string, image: ImageHashes, options: HashOptions): Promise<readonly number[]> {
  const found = await ifThere(() => hashImage(path, options));
  const all = Array.from({ length: image.pieces.length / digestLength }, (_, index) => index);
  if (found?.size === image.size) return all.filter((index) => !isSame(found.pieces, image.pieces, index));
  const zeros = zeroPieces(image);
  return all.filter((index) => !zeros.some(([from, to]) => index >= from && index < to));
}

function isSame(found: Buffer, wanted: Buffer, index: number): boolean {
  return pieceDigest(found, index).equals(pieceDigest(wanted, index));
}
