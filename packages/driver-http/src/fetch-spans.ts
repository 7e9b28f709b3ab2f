import { setMaxListeners } from 'node:events';
import { isImageError } from '@image-api/driver';
import { blockLength, BufferQueue, longestPiece, PaceControl, withinPatience } from '@image-api/host';
import type { Extent, OrderedDigest, WebSource, WebStretch } from '@image-api/host';
import { cancelled, diskStalled } from './http-errors.ts';
import type { ImageFile } from './image-file.ts';
import { lendBuffers, takeBack } from './lend-buffers.ts';
import type { Spans } from './spans.ts';
import type { WebJob } from './web-job.ts';

/** What is to be fetched, and where to. */
export interface Fetching {
  readonly job: WebJob;
  readonly source: WebSource;
  readonly file: ImageFile;
  readonly spans: Spans;
  /** Spans that are fetched at the same time. */
  readonly connections: number;
  /** Wants all bytes, in order; the spans are then single pieces. */
  readonly digest: OrderedDigest | undefined;
  /** A piece is in the file. */
  readonly onWritten: (piece: Extent) => void;
}

/** Pieces of which the network or the disk has one while the others wait for the disk. */
const spareBuffers = 2;

/**
 * Fetch spans until there are no more, several at once.
 *
 * When it settles nothing is under way any more, unless the disk does not answer.
 *
 * @throws ImageError the first failure
 */
export async function fetchSpans(fetching: Fetching): Promise<void> {
  const { job, connections } = fetching;
  const buffers = lendBuffers(connections * (fetching.digest ? 2 : 1) + spareBuffers);
  const fetch = new Fetch(fetching, buffers);
  try {
    await Promise.all(Array.from({ length: connections }, () => fetch.work()));
  } finally {
    // What the system still uses is not lent again.
    if (await fetch.end()) takeBack(buffers);
  }
  if (fetch.failure) throw job.context.signal.aborted ? cancelled(job.request, job.context.signal) : fetch.failure;
}

class Fetch {
  failure: Error | undefined;
  readonly #of: Fetching;
  readonly #buffers: BufferQueue;
  readonly #control: PaceControl;
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  /** Of the copy itself. */
  readonly #cancelling: AbortSignal;
  /** Pieces that are being written, for whoever waits, and all that the system has not answered. */
  readonly #writing = new Set<Promise<void>>();
  readonly #pending = new Set<Promise<void>>();
  /** Pieces that the digest has not let go of. */
  readonly #hashing = new Set<Promise<void>>();
  #workers = 0;

  constructor(fetching: Fetching, buffers: readonly Uint8Array[]) {
    const { context, request } = fetching.job;
    this.#of = fetching;
    this.#buffers = new BufferQueue(() => [...buffers]);
    this.#control = new PaceControl(context, request.limits, async () => void (await Promise.all(this.#writing)));
    this.#signal = AbortSignal.any([context.signal, this.#stop.signal]);
    this.#cancelling = AbortSignal.any([context.signal]);
    // Each piece that is under way listens.
    setMaxListeners(0, this.#signal, this.#cancelling);
  }

  /** One connection's part. */
  async work(): Promise<void> {
    this.#workers += 1;
    try {
      while (!this.failure) {
        // First the buffer, then the span: so the earliest span is never the one without a buffer.
        const buffer = await this.#buffers.take();
        const span = this.failure ? undefined : this.#of.spans.next();
        if (span) await this.#fetch(span, buffer);
        else return this.#buffers.giveBack(buffer);
      }
    } catch (error) {
      this.#fail(error as Error);
    } finally {
      this.#workers -= 1;
    }
  }

  /** Whether the system has let go of all buffers. */
  async end(): Promise<boolean> {
    await Promise.all([...this.#writing, ...this.#hashing]);
    this.#control.stop();
    return this.#pending.size === 0;
  }

  /** A server that takes only so many connections is asked over those. */
  #fail(error: Error): void {
    const isRefusal = isImageError(error) && [429, 503].includes(Number(error.details['status']));
    if (isRefusal && this.#workers > 1 && !this.#of.digest && !this.failure)
      return this.#of.job.context.env.logger.debug(`${this.#workers - 1} connections are left`, { error: error.message });
    this.#end(error);
  }

  #end(error: Error): void {
    this.failure ??= error;
    this.#stop.abort();
    this.#of.digest?.giveUp(error);
    // Nobody waits for a buffer that may never come back.
    for (let worker = 0; worker < this.#workers; worker++) this.#buffers.giveBack(new Uint8Array(0));
  }

  async #fetch({ from, to }: Extent, first: Uint8Array): Promise<void> {
    const { source, spans, digest } = this.#of;
    const stretch = source.stretch(from, to - from);
    let at = from;
    try {
      for (let buffer = first; ; buffer = await this.#buffers.take()) {
        const wanted = digest ? longestPiece : this.#control.pieceLength;
        const length = Math.min(to, (Math.floor(at / wanted) + 1) * wanted) - at;
        const count = await this.#piece(stretch, { at, length }, buffer);
        at += count;
        // A file whose length its server did not tell ends where it ends.
        if (at === to || count < length) return;
      }
    } catch (error) {
      spans.giveBack({ from: stretch.position, to });
      throw error;
    } finally {
      stretch.close();
    }
  }

  async #piece(stretch: WebStretch, { at, length }: { readonly at: number; readonly length: number }, buffer: Uint8Array): Promise<number> {
    const { context, request } = this.#of.job;
    const bytes = buffer.subarray(at % blockLength, (at % blockLength) + length);
    try {
      await context.checkpoint(length);
      await this.#control.whilePaused();
      if (this.#signal.aborted) throw this.failure ?? cancelled(request, context.signal);
      const count = await stretch.fill(bytes, this.#signal);
      await this.#control.whilePaused();
      if (count > 0) this.#write(bytes.subarray(0, count), at, buffer);
      else this.#buffers.giveBack(buffer);
      return count;
    } catch (error) {
      const count = stretch.position - at;
      // What came before it failed is kept.
      if (count > 0) this.#write(bytes.subarray(0, count), at, buffer);
      else this.#buffers.giveBack(buffer);
      throw error;
    }
  }

  #write(bytes: Uint8Array, at: number, buffer: Uint8Array): void {
    const { file, digest, onWritten, job } = this.#of;
    const signal = this.#cancelling;
    const written = file.write(bytes, at);
    this.#pending.add(written);
    const over = (): unknown => this.#pending.delete(written);
    written.then(over, over);
    const { stallMs } = job.settings;
    const patience = { signal, stallMs, stalled: () => diskStalled(job.request, stallMs), cancelled: () => cancelled(job.request, signal) };
    const writing = withinPatience(written, patience)
      .then(() => onWritten({ from: at, to: at + bytes.length }))
      .catch((error: Error) => this.#end(error))
      .finally(() => this.#writing.delete(writing));
    this.#writing.add(writing);
    Promise.all([written, digest && this.#hash(digest.add(bytes, at))]).then(
      () => this.#buffers.giveBack(buffer),
      () => undefined,
    );
  }

  #hash(hashed: Promise<void>): Promise<void> {
    const hashing = hashed.catch((error: Error) => this.#end(error)).finally(() => this.#hashing.delete(hashing));
    this.#hashing.add(hashing);
    return hashing;
  }
}
