import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { HashThread } from './hash-thread.ts';
import { inOrder } from './in-order.ts';
import { nextTurn } from './next-turn.ts';

/** Takes the content of an image in order, and tells its sha256. What is added is hashed after what was added before it. */
export interface Hasher {
  /** Resolves when the bytes are no longer needed. */
  add(bytes: Uint8Array): Promise<void>;
  addZeros(count: number): Promise<void>;
  /** Of all that was added, in lower-case hexadecimal. */
  digest(): Promise<string>;
  /** Let go of it, wherever it is. Nothing that was not hashed by then is. */
  end(): Promise<void>;
}

const pieceSize = 1024 * 1024;
/** A thread takes a moment to start: less than so many bytes are hashed sooner without. */
const worthAThread = 16 * pieceSize;

let threads = 0;

/**
 * A hasher for so many bytes. Large images are hashed in a thread of their own, as many at once as there are processors; what is small, and
 * what comes when all are taken, by this one in turns with everything else.
 *
 * @param memory in which all lie that will be added
 */
export function openHasher(size: number, memory: SharedArrayBuffer): Hasher {
  return size >= worthAThread && threads < availableParallelism() ? inThread(memory) : inTurns();
}

function inTurns(): Hasher {
  const hash = createHash('sha256');
  const unwanted = new AbortController();
  const { signal } = unwanted;
  const inTurn = inOrder();
  const hashPiece = async (bytes: Uint8Array): Promise<void> => {
    await nextTurn();
    if (!signal.aborted) hash.update(bytes);
  };
  return {
    add: (bytes) =>
      inTurn(async () => {
        for (let at = 0; at < bytes.length; at += pieceSize) await hashPiece(bytes.subarray(at, at + pieceSize));
      }),
    addZeros: (count) =>
      inTurn(async () => {
        const zeros = new Uint8Array(Math.min(count, pieceSize));
        for (let left = count; left > 0 && !signal.aborted; left -= pieceSize)
          await hashPiece(zeros.subarray(0, Math.min(left, pieceSize)));
      }),
    digest: () => inTurn(() => Promise.resolve(hash.digest('hex'))),
    end: () => {
      unwanted.abort();
      return Promise.resolve();
    },
  };
}

function inThread(memory: SharedArrayBuffer): Hasher {
  const thread = new HashThread({ algorithm: 'sha256', pieceLength: Infinity, memory });
  threads += 1;
  return {
    add: (bytes) => thread.add({ at: bytes.byteOffset, length: bytes.length }),
    addZeros: (length) => thread.add({ length }),
    digest: async () => (await thread.finish()).toString('hex'),
    end: async () => {
      await thread.end();
      threads -= 1;
    },
  };
}
