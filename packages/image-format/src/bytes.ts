/** Reads numbers and texts from a header. Where it ends too early the answer is `undefined`; nothing throws. */
export class Bytes {
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get length(): number {
    return this.#view.byteLength;
  }

  /** Is this text, one byte a character, at that place? */
  has(text: string, offset: number): boolean {
    return this.text(offset, text.length) === text;
  }

  /** One character for each byte; `undefined` when not all of them are there. */
  text(offset: number, length: number): string | undefined {
    if (!this.#holds(offset, length)) return undefined;
    return Array.from({ length }, (_, index) => String.fromCharCode(this.#view.getUint8(offset + index))).join('');
  }

  uint16(offset: number, order: ByteOrder): number | undefined {
    return this.#holds(offset, 2) ? this.#view.getUint16(offset, order === 'little') : undefined;
  }

  uint32(offset: number, order: ByteOrder): number | undefined {
    return this.#holds(offset, 4) ? this.#view.getUint32(offset, order === 'little') : undefined;
  }

  /** `undefined`, too, for a number too large to count bytes with. */
  uint64(offset: number, order: ByteOrder): number | undefined {
    if (!this.#holds(offset, 8)) return undefined;
    return safe(Number(this.#view.getBigUint64(offset, order === 'little')));
  }

  #holds(offset: number, length: number): boolean {
    return offset + length <= this.#view.byteLength;
  }
}

/** Which end of a number comes first. */
export type ByteOrder = 'big' | 'little';

/** A product of header fields, or `undefined` where it is unknown or too large to be counted. */
export function product(...factors: readonly (number | undefined)[]): number | undefined {
  return safe(factors.reduce<number>((result, factor) => result * (factor ?? Number.NaN), 1));
}

function safe(number: number): number | undefined {
  return Number.isSafeInteger(number) ? number : undefined;
}
