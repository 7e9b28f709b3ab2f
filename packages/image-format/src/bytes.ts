/** Reads numbers and texts from a header. Where it ends too early the answer is `undefined`; nothing throws. */
export class Bytes {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get length(): number {
    return this.#bytes.length;
  }

  /** Is this text, one byte a character, at that place? */
  has(text: string, offset: number): boolean {
    return this.text(offset, text.length) === text;
  }

  /** One character for each byte; `undefined` when not all of them are there. */
  text(offset: number, length: number): string | undefined {
    return this.holds(offset, length) ? Buffer.from(this.#bytes.subarray(offset, offset + length)).toString('latin1') : undefined;
  }

  /** `undefined` when it is no UTF-8. */
  utf8(): string | undefined {
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(this.#bytes);
    } catch {
      return undefined;
    }
  }

  /** A part of it, shorter where it ends before; empty where it starts behind the end. */
  part(offset: number, length: number = this.length): Bytes {
    return new Bytes(this.#bytes.subarray(Math.max(0, offset), Math.max(0, offset + length)));
  }

  /** The same bytes, all of them? */
  equals(other: Bytes): boolean {
    return Buffer.compare(this.#bytes, other.#bytes) === 0;
  }

  isZero(): boolean {
    return this.#bytes.every((byte) => byte === 0);
  }

  uint8(offset: number): number | undefined {
    return this.#bytes[offset];
  }

  uint16(offset: number, order: ByteOrder): number | undefined {
    return this.holds(offset, 2) ? this.#view.getUint16(offset, order === 'little') : undefined;
  }

  uint32(offset: number, order: ByteOrder): number | undefined {
    return this.holds(offset, 4) ? this.#view.getUint32(offset, order === 'little') : undefined;
  }

  uint64(offset: number, order: ByteOrder): bigint | undefined {
    return this.holds(offset, 8) ? this.#view.getBigUint64(offset, order === 'little') : undefined;
  }

  [Symbol.iterator](): Iterator<number> {
    return this.#bytes[Symbol.iterator]();
  }

  /** Are they all there? */
  holds(offset: number, length: number): boolean {
    return offset >= 0 && offset + length <= this.#bytes.length;
  }
}

/** Which end of a number comes first. */
export type ByteOrder = 'big' | 'little';
