import { createHash } from 'node:crypto';
import type { ImageHashes } from './hash-image.ts';

/** Pieces by their numbers, from the first to the one before the last. */
export type PieceRange = readonly [from: number, to: number];

const digestLength = 20;

/** The pieces that hold nothing but zeros, holes or not, told by their digests. */
export function zeroPieces({ size, pieceLength, pieces }: Omit<ImageHashes, 'sha256'>): readonly PieceRange[] {
  const count = pieces.length / digestLength;
  const whole = zeroDigest(pieceLength);
  const rest = size % pieceLength;
  const last = rest === 0 ? whole : zeroDigest(rest);
  const ranges: [number, number][] = [];
  for (let index = 0; index < count; index += 1) {
    const digest = pieces.subarray(index * digestLength, (index + 1) * digestLength);
    if (!digest.equals(index === count - 1 ? last : whole)) continue;
    const before = ranges.at(-1);
    if (before?.[1] === index) before[1] = index + 1;
    else ranges.push([index, index + 1]);
  }
  return ranges;
}

function zeroDigest(length: number): Buffer {
  return createHash('sha1').update(Buffer.alloc(length)).digest();
}
