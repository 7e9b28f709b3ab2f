import { openHasher } from './hasher.ts';

/** Takes the content of an image in order, as it is read, and tells its sha256. */
export interface HashSink {
  /** Where the next bytes are to be put, a mebibyte at the most. */
  room(): Promise<Uint8Array>;
  /** Bytes in the room that was given last. */
  add(bytes: Uint8Array): void;
  /** Not more at once than may be waited for. */
  addZeros(count: number): Promise<void>;
  /** In lower-case hexadecimal. */
  digest(): Promise<string>;
  /** Let go of it, wherever it is. */
  end(): Promise<void>;
}

const pieceSize = 1024 * 1024;
/** How many pieces are read ahead of who hashes. */
const slots = 4;

/** A sink for so many bytes. See `openHasher` for where they are hashed. */
export function openHashSink(size: number): HashSink {
  const count = Math.min(slots, Math.max(1, Math.ceil(size / pieceSize)));
  const memory = new SharedArrayBuffer(count * pieceSize);
  const hasher = openHasher(size, memory);
  const taken: Promise<void>[] = Array.from({ length: count }, () => Promise.resolve());
  let turn = 0;
  return {
    room: async () => {
      await taken[turn];
      return new Uint8Array(memory, turn * pieceSize, pieceSize);
    },
    add: (bytes) => {
      const hashed = hasher.add(bytes);
      // A thread that failed is told of when its next room, or the digest, is asked for.
      hashed.catch(() => undefined);
      taken[turn] = hashed;
      turn = (turn + 1) % count;
    },
    addZeros: (length) => hasher.addZeros(length),
    digest: () => hasher.digest(),
    end: () => hasher.end(),
  };
}
