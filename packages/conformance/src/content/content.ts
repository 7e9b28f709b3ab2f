import { randomBytes } from 'node:crypto';

/** An image to be copied, described by its data: whatever no piece covers is a hole. */
export interface Content {
  /** The file's own name, the same on both ends. */
  readonly fileName: string;
  readonly size: number;
  /** In the order of their places, none over another. */
  readonly pieces: readonly Piece[];
}

/** Bytes at a place. */
export interface Piece {
  readonly at: number;
  readonly bytes: Uint8Array;
}

export const kib = 1024;
export const mib: number = 1024 * kib;
export const gib: number = 1024 * mib;

const mostNoise = 64 * mib;

/** An image without holes. Noise, so that no compressor makes it shorter; the same 64 MiB again and again where it is longer. */
export function dense(size: number, fileName = 'disk.raw'): Content {
  const noise = randomBytes(Math.min(size, mostNoise));
  const count = size === 0 ? 0 : Math.ceil(size / mostNoise);
  const pieces = Array.from({ length: count }, (_, index) => {
    const at = index * mostNoise;
    return { at, bytes: noise.subarray(0, Math.min(mostNoise, size - at)) };
  });
  return { fileName, size, pieces };
}

/** An image of `size` bytes with noise at its beginning and in its middle, 1 MiB each, and a hole at its end: the hole a copier forgets first. */
export function sparse(size: number, fileName = 'disk.raw'): Content {
  const pieces = [0, size / 2].map((at) => ({ at, bytes: randomBytes(mib) }));
  return { fileName, size, pieces };
}

/** Bytes of data in it. */
export function dataIn({ pieces }: Content): number {
  return pieces.reduce((sum, { bytes }) => sum + bytes.length, 0);
}

/** What a reader sees at a place: data, and zeros where there is none. */
export function bytesAt({ pieces }: Content, at: number, length: number): Buffer {
  const seen = Buffer.alloc(length);
  for (const piece of pieces) {
    const begin = Math.max(at, piece.at);
    const end = Math.min(at + length, piece.at + piece.bytes.length);
    if (begin < end) seen.set(piece.bytes.subarray(begin - piece.at, end - piece.at), begin - at);
  }
  return seen;
}
