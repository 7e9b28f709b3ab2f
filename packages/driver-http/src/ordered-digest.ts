import { createHash } from 'node:crypto';
import type { Digest } from '@image-api/driver';

/** The digest of an image whose pieces come in any order. Whoever has a piece keeps its bytes until all before it have come. */
export class OrderedDigest {
  readonly #hash = createHash('sha256');
  readonly #early = new Map<number, { readonly bytes: Uint8Array; readonly taken: () => void }>();
  #at = 0;

  /** Resolves when the bytes are no longer needed. */
  add(bytes: Uint8Array, at: number): Promise<void> {
    const taken = new Promise<void>((resolve) => this.#early.set(at, { bytes, taken: resolve }));
    for (let next = this.#early.get(this.#at); next; next = this.#early.get(this.#at)) {
      this.#early.delete(this.#at);
      this.#hash.update(next.bytes);
      this.#at += next.bytes.length;
      next.taken();
    }
    return taken;
  }

  /** Of all that was added. */
  digest(): Digest {
    return `sha256:${this.#hash.digest('hex')}`;
  }
}
