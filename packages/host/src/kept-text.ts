import { StringDecoder } from 'node:string_decoder';

/** Text gathered from a stream of bytes, of which only the first, or only the last, `limit` characters or so are kept. */
export class KeptText {
  readonly #decoder = new StringDecoder('utf8');
  readonly #keep: 'first' | 'last';
  readonly #limit: number;
  #text = '';

  constructor(keep: 'first' | 'last', limit: number) {
    this.#keep = keep;
    this.#limit = limit;
  }

  /** Take in a piece; answers it decoded, without a character that is still incomplete. */
  add(piece: Uint8Array): string {
    const text = this.#decoder.write(Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength));
    this.#append(text);
    return text;
  }

  /** What was kept. */
  get text(): string {
    return this.#keep === 'first' ? this.#text.slice(0, this.#limit) : this.#text.slice(-this.#limit);
  }

  #append(text: string): void {
    if (this.#keep === 'first') {
      if (this.#text.length < this.#limit) this.#text += text;
      return;
    }
    this.#text += text;
    // Cutting at twice the limit, not at each piece, keeps a talkative tool cheap.
    if (this.#text.length > 2 * this.#limit) this.#text = this.#text.slice(-this.#limit);
  }
}
