import { QmpError } from './qmp-error.ts';

/** Cuts what arrives into lines, without ever holding more than `longest` bytes of one that has no end. */
export class LineSplitter {
  readonly #longest: number;
  #pieces: Buffer[] = [];
  #length = 0;

  constructor(longest: number) {
    this.#longest = longest;
  }

  /**
   * The lines that are complete now, without their ends.
   *
   * @throws QmpError `protocol` when a line is too long, or is not UTF-8
   */
  *push(chunk: Buffer): Generator<string> {
    for (let rest = chunk; rest.length > 0;) {
      const end = rest.indexOf(0x0a);
      this.#keep(end < 0 ? rest : rest.subarray(0, end));
      if (end < 0) return;
      yield this.#take();
      rest = rest.subarray(end + 1);
    }
  }

  #keep(piece: Buffer): void {
    this.#length += piece.length;
    if (this.#length > this.#longest)
      throw new QmpError(`the monitor sent a line of more than ${this.#longest} bytes`, { kind: 'protocol' });
    this.#pieces.push(piece);
  }

  #take(): string {
    const line = Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#length = 0;
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(line);
    } catch (cause) {
      throw new QmpError('the monitor sent a line that is not UTF-8', { kind: 'protocol', cause });
    }
  }
}
