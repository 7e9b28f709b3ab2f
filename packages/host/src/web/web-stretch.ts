import type { IncomingMessage } from 'node:http';
import type { ByteRange } from '@image-api/driver';
import { keepTrying } from '../keep-trying.ts';
import type { PendingReads } from '../pending-reads.ts';
import type { Patience } from '../range-reader.ts';
import { BodyTap } from './body-tap.ts';
import type { Filling, Receiving } from './body-tap.ts';
import { expectEnd } from './receive-body.ts';
import { retryAfterMs } from './retry-after.ts';
import { connectionFailure } from './web-error.ts';

/** What a stretch asks of the file it is of. */
export interface StretchSource {
  readonly name: string;
  readonly patience: Patience;
  readonly silenceMs: number;
  readonly pending: PendingReads;
  /** Whether the server sends parts; else only all of it, once. */
  readonly ranges: boolean;
  /** Send the request, and judge the beginning of its answer. */
  ask(wanted: ByteRange, signal: AbortSignal): Promise<IncomingMessage>;
  received(bytes: number): void;
}

/** A stretch of a file of a web server, taken in piece by piece over one connection, into memory of whoever asks. */
export class WebStretch {
  readonly #source: StretchSource;
  readonly #end: number;
  #at: number;
  #tap: BodyTap | undefined;

  constructor(source: StretchSource, { offset, length }: ByteRange) {
    this.#source = source;
    this.#at = offset;
    this.#end = offset + length;
  }

  /** Where in the file the next byte is. All before it came, also where a fill failed. */
  get position(): number {
    return this.#at;
  }

  /**
   * Fill `bytes` with what comes next. A connection that is lost is made again, and gone on from, where the server sends parts.
   *
   * @returns how many there were: fewer only at the end of a file whose length its server did not tell
   * @throws ImageError as `RangeReader.read`
   */
  async fill(bytes: Uint8Array, outer?: AbortSignal): Promise<number> {
    const { pending, patience, name, ranges } = this.#source;
    const into = { bytes, filled: 0 };
    return pending.run(outer, (signal) =>
      keepTrying({
        ...patience,
        // What is sent only as a whole begins anew, which is for whoever keeps what came.
        ...(!ranges && { patienceMs: 0 }),
        name,
        signal,
        progress: () => into.filled,
        askedMs: ({ details }) => retryAfterMs(details['retryAfter'] as string | undefined),
        once: () => this.#once(into, signal),
      }),
    );
  }

  /** Let go of the connection. */
  close(): void {
    this.#tap?.close();
    this.#tap = undefined;
  }

  async #once(into: Filling, signal: AbortSignal): Promise<number> {
    const { name, silenceMs } = this.#source;
    const before = into.filled;
    try {
      const tap = (this.#tap ??= await this.#open(signal));
      const full = await tap.takeInto(into, { name, silenceMs, signal });
      if (!full && this.#end !== Infinity) throw connectionFailure(name, new Error('it ended too early'));
      if (this.#at + into.filled - before === this.#end) await this.#finish(tap, { name, silenceMs, signal });
      return into.filled;
    } catch (error) {
      this.close();
      throw error;
    } finally {
      this.#at += into.filled - before;
      this.#source.received(into.filled - before);
    }
  }

  /** Then the connection can be used again. */
  async #finish(tap: BodyTap, receiving: Receiving): Promise<void> {
    await expectEnd(tap, receiving);
    this.#tap = undefined;
  }

  async #open(signal: AbortSignal): Promise<BodyTap> {
    return new BodyTap(await this.#source.ask({ offset: this.#at, length: this.#end - this.#at }, signal));
  }
}
