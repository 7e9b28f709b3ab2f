import type { Digest } from '@image-api/driver';
import { openHashSink } from './hash-sink.ts';
import { openHasher } from './hasher.ts';
import type { Hasher } from './hasher.ts';
import { inOrder } from './in-order.ts';

interface Piece {
  readonly from: number;
  readonly bytes: Uint8Array;
  /** Tell who has it that it is no longer needed. */
  readonly letGo: () => void;
  readonly fail: (error: unknown) => void;
}

/**
 * The sha256 of an image whose pieces come in any order, made while they do. Whoever has a piece keeps its bytes until all before it have
 * come.
 */
export class OrderedDigest {
  readonly #hasher: Hasher;
  /** By where the piece before them ends. */
  readonly #waiting = new Map<number, Piece>();
  /** All that were not let go of. */
  readonly #held = new Set<Piece>();
  #at = 0;
  readonly #givenUp: Promise<never>;
  #fail: (error: Error) => void = () => undefined;
  #isGivenUp = false;

  /** @param hasher it is let go of with the digest */
  constructor(hasher: Hasher) {
    this.#hasher = hasher;
    this.#givenUp = new Promise((_, reject) => (this.#fail = reject));
    this.#givenUp.catch(() => undefined);
  }

  /** Of so many bytes, all pieces of which lie in one shared memory. */
  static ofShared(size: number, memory: SharedArrayBuffer): OrderedDigest {
    return new OrderedDigest(openHasher(size, memory));
  }

  /** Of so many bytes that lie anywhere: they are copied to where they can be hashed. */
  static ofAny(size: number): OrderedDigest {
    return new OrderedDigest(copying(size));
  }

  /**
   * Resolves when the bytes are no longer needed, whether they were hashed or given up.
   *
   * @param from where in the image they begin
   * @param behind where the piece before them ends: what lies between is zeros
   */
  add(bytes: Uint8Array, from: number, behind: number = from): Promise<void> {
    if (this.#isGivenUp) return Promise.resolve();
    const done = new Promise<void>((letGo, fail) => {
      const piece = { from, bytes, letGo, fail };
      this.#held.add(piece);
      this.#waiting.set(behind, piece);
    });
    for (let next = this.#waiting.get(this.#at); next; next = this.#waiting.get(this.#at)) this.#hash(next);
    return done;
  }

  #hash(piece: Piece): void {
    this.#waiting.delete(this.#at);
    this.#addZeros(piece.from - this.#at);
    this.#at = piece.from + piece.bytes.length;
    const over = (): unknown => this.#held.delete(piece);
    this.#hasher.add(piece.bytes).then(piece.letGo, piece.fail).finally(over);
  }

  #addZeros(count: number): void {
    // Should it fail, so does what is added behind it.
    if (count > 0) this.#hasher.addZeros(count).catch(() => undefined);
  }

  /** A piece will not come, or the digest is not wanted: nobody waits any more. What becomes of the bytes does not matter from now on. */
  giveUp(error: Error): void {
    this.#isGivenUp = true;
    this.#fail(error);
    for (const { letGo } of this.#held) letGo();
    this.#held.clear();
    this.#waiting.clear();
  }

  /**
   * Of all that was added, and of zeros from there to its end.
   *
   * @throws what it was given up with
   */
  async digest(size: number = this.#at): Promise<Digest> {
    this.#addZeros(size - this.#at);
    this.#at = size;
    return `sha256:${await Promise.race([this.#givenUp, this.#hasher.digest()])}`;
  }

  /** Let go of it. Call it in any case. */
  async end(): Promise<void> {
    this.giveUp(new Error('the digest is not wanted any more'));
    await this.#hasher.end();
  }
}

function copying(size: number): Hasher {
  const sink = openHashSink(size);
  const inTurn = inOrder();
  const addAll = async (bytes: Uint8Array): Promise<void> => {
    for (let at = 0; at < bytes.length;) {
      const room = await sink.room();
      const part = bytes.subarray(at, at + room.length);
      room.set(part);
      sink.add(room.subarray(0, part.length));
      at += part.length;
    }
  };
  return {
    add: (bytes) => inTurn(() => addAll(bytes)),
    addZeros: (count) => inTurn(() => sink.addZeros(count)),
    digest: () => inTurn(() => sink.digest()),
    end: () => sink.end(),
  };
}
