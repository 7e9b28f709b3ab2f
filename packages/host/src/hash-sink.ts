import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { HashThread } from './hash-thread.ts';
import { nextTurn } from './next-turn.ts';

/** Takes the content of an image in order, and tells its sha256. */
export interface HashSink {
  /** Where the next bytes are to be put, a mebibyte at the most. */
  room(): Promise<Uint8Array>;
  /** Bytes in the room that was given last. */
  add(bytes: Uint8Array): Promise<void>;
  /** Not more at once than may be waited for. */
  addZeros(count: number): Promise<void>;
  /** In lower-case hexadecimal. */
  digest(): Promise<string>;
  /** Let go of it, wherever it is. */
  end(): Promise<void>;
}

const pieceSize = 1024 * 1024;
/** A thread takes a moment to start: less than so many bytes are hashed sooner without. */
const worthAThread = 16 * pieceSize;
/** How many pieces are read ahead of the thread. */
const slots = 4;

let threads = 0;

/**
 * A sink for so many bytes. Large images are hashed in a thread of their own, as many at once as there are processors; what is small, and
 * what comes when all are taken, by this one in turns with everything else.
 */
export function openHashSink(size: number): HashSink {
  return size >= worthAThread && threads < availableParallelism() ? inThread() : inTurns();
}

function inTurns(): HashSink {
  const hash = createHash('sha256');
  const piece = new Uint8Array(pieceSize);
  const zeros = new Uint8Array(pieceSize);
  const add = async (bytes: Uint8Array): Promise<void> => {
    await nextTurn();
    hash.update(bytes);
  };
  return {
    room: () => Promise.resolve(piece),
    add,
    addZeros: async (count) => {
      for (let left = count; left > 0; left -= pieceSize) await add(zeros.subarray(0, Math.min(left, pieceSize)));
    },
    digest: () => Promise.resolve(hash.digest('hex')),
    end: () => Promise.resolve(),
  };
}

function inThread(): HashSink {
  const memory = new SharedArrayBuffer(slots * pieceSize);
  const thread = new HashThread({ algorithm: 'sha256', pieceLength: Infinity, memory });
  const taken: Promise<void>[] = Array.from({ length: slots }, () => Promise.resolve());
  let turn = 0;
  threads += 1;
  return {
    room: async () => {
      await taken[turn];
      return new Uint8Array(memory, turn * pieceSize, pieceSize);
    },
    add: async (bytes) => {
      const hashed = thread.add({ at: bytes.byteOffset, length: bytes.length });
      // A thread that failed is told of when its next room, or the digest, is asked for.
      hashed.catch(() => undefined);
      taken[turn] = hashed;
      turn = (turn + 1) % slots;
      return Promise.resolve();
    },
    addZeros: (length) => thread.add({ length }),
    digest: async () => (await thread.finish()).toString('hex'),
    end: async () => {
      await thread.end();
      threads -= 1;
    },
  };
}
