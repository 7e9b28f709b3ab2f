/** Longer than any answer to what we ask. */
const longestPacket = 64 * 1024;

/** Cuts what a stream brings into packets, each without the length in front of it. */
export class PacketSplitter {
  readonly #onPacket: (packet: Buffer) => void;
  /** What has come of a packet that is not whole yet. */
  #pieces: Buffer[] = [];
  #held = 0;
  #wanted = 4;

  constructor(onPacket: (packet: Buffer) => void) {
    this.#onPacket = onPacket;
  }

  /** @throws RangeError when a packet is longer than any that could be meant for us */
  add(piece: Buffer): void {
    this.#pieces.push(piece);
    this.#held += piece.length;
    while (this.#held >= this.#wanted) {
      const all = this.#pieces.length === 1 ? this.#pieces[0]! : Buffer.concat(this.#pieces);
      this.#cut(all);
    }
  }

  /** All whole packets of what is held. */
  #cut(all: Buffer): void {
    let at = 0;
    while (all.length - at >= 4) {
      const length = all.readUInt32BE(at);
      if (length === 0 || length > longestPacket) throw new RangeError(`a packet of ${length} bytes`);
      if (all.length - at < 4 + length) break;
      this.#onPacket(all.subarray(at + 4, at + 4 + length));
      at += 4 + length;
    }
    const rest = all.subarray(at);
    this.#pieces = rest.length === 0 ? [] : [rest];
    this.#held = rest.length;
    this.#wanted = rest.length >= 4 ? 4 + rest.readUInt32BE(0) : 4;
  }
}
