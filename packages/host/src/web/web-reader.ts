import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { ImageError, isImageError } from '@image-api/driver';
import type { ByteRange } from '@image-api/driver';
import { checkPiece } from '../check-piece.ts';
import { keepTrying } from '../keep-trying.ts';
import { PendingReads } from '../pending-reads.ts';
import type { Patience, RangeReader } from '../range-reader.ts';
import { judgeAnswer } from './judge-answer.ts';
import { nextPlace, placeName } from './next-place.ts';
import type { Place } from './next-place.ts';
import type { Resolve } from './public-lookup.ts';
import { receiveBody } from './receive-body.ts';
import type { Filling } from './body-tap.ts';
import { retryAfterMs } from './retry-after.ts';
import { sendRequest } from './send-request.ts';
import { WebConnections } from './web-connections.ts';
import { refusedRedirect } from './web-error.ts';
import { identityText, isTelling } from './web-identity.ts';
import type { WebIdentity } from './web-identity.ts';
import { WebStretch } from './web-stretch.ts';

const mostRedirects = 5;
/** What a place says that is good no longer. */
const expired: ReadonlySet<unknown> = new Set([401, 403, 404, 410]);
const redirections: ReadonlySet<number | undefined> = new Set([301, 302, 303, 307, 308]);

interface Question {
  /** `undefined` for all of it. */
  readonly wanted: ByteRange | undefined;
  /** Whether all of it is an answer. */
  readonly whole: boolean;
}

interface Answer {
  readonly response: IncomingMessage;
  readonly identity: WebIdentity;
}

/** A file of a web server. See `openWebReader`. */
export class WebReader implements RangeReader {
  readonly name: string;
  readonly #first: Place;
  readonly #patience: Patience;
  readonly #silenceMs: number;
  readonly #connections: WebConnections;
  readonly #pending = new PendingReads();
  /** Where the last redirection led: not every request has to go all the way again. */
  #place: Place;
  #pinned: WebIdentity | undefined;
  #bytesRead = 0;
  #ranges = true;

  constructor(first: Place, patience: Patience, resolve?: Resolve) {
    this.name = placeName(first.url);
    this.#first = first;
    this.#place = first;
    this.#patience = patience;
    this.#silenceMs = patience.silenceMs ?? 30_000;
    this.#connections = new WebConnections(this.name, resolve);
  }

  get size(): number {
    return this.#pinned?.size ?? 0;
  }

  get identity(): string {
    return this.#pinned ? identityText(this.#pinned) : '';
  }

  get bytesRead(): number {
    return this.#bytesRead;
  }

  /** Find out what is there. @param whole whether it may be something that its server sends only as a whole */
  async open(signal?: AbortSignal, whole = false): Promise<void> {
    await this.#patiently(signal, 1, async (into, own) => {
      const { response, identity } = await this.#answer({ offset: 0, length: 1 }, own, whole);
      this.#pinned = identity;
      this.#ranges = identity.size === 0 || response.statusCode === 206;
      if (identity.size === 0 || !this.#ranges) response.destroy();
      else await this.#receive(response, into, own);
    });
  }

  async read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array> {
    checkPiece(this, offset, length);
    if (length === 0) return new Uint8Array(0);
    return this.#patiently(signal, length, async (into, own) => {
      // What came before the last try failed is not asked for again.
      const wanted = { offset: offset + into.filled, length: length - into.filled };
      const { response } = await this.#answer(wanted, own);
      await this.#receive(response, into, own);
    });
  }

  /** Whether its server sends parts of it. Asked for after `open`. */
  get ranges(): boolean {
    return this.#ranges;
  }

  get isKnownAgain(): boolean {
    return this.#pinned !== undefined && isTelling(this.#pinned);
  }

  /** Take in a stretch of it piece by piece. Where its server sends no parts, or does not tell its size, that is all of it. */
  stretch(offset: number, length: number): WebStretch {
    if (this.#ranges) checkPiece(this, offset, length);
    return new WebStretch(
      {
        name: this.name,
        patience: this.#patience,
        silenceMs: this.#silenceMs,
        pending: this.#pending,
        ranges: this.#ranges,
        ask: async (wanted, signal) => (await this.#answer(this.#ranges ? wanted : undefined, signal)).response,
        received: (bytes) => (this.#bytesRead += bytes),
      },
      { offset, length },
    );
  }

  async check(signal?: AbortSignal): Promise<void> {
    if (this.size > 0) await this.read(this.size - 1, 1, signal);
    else await this.open(signal);
  }

  async close(): Promise<void> {
    this.#pending.endAll(new ImageError(`${this.name} was closed while it was read`, { code: 'CANCELLED', origin: 'caller' }));
    this.#connections.close();
  }

  #patiently(
    outer: AbortSignal | undefined,
    length: number,
    fill: (into: Filling, signal: AbortSignal) => Promise<void>,
  ): Promise<Uint8Array> {
    const into: Filling = { bytes: Buffer.allocUnsafeSlow(length), filled: 0 };
    return this.#pending.run(outer, (signal) =>
      keepTrying({
        ...this.#patience,
        name: this.name,
        signal,
        progress: () => into.filled,
        askedMs: ({ details }) => retryAfterMs(details['retryAfter'] as string | undefined),
        once: () => fill(into, signal).then(() => into.bytes),
      }),
    );
  }

  async #receive(response: IncomingMessage, into: Filling, signal: AbortSignal): Promise<void> {
    const before = into.filled;
    try {
      await receiveBody(response, into, { name: this.name, silenceMs: this.#silenceMs, signal });
    } finally {
      this.#bytesRead += into.filled - before;
    }
  }

  /** @param wanted `undefined` for all of it */
  async #answer(wanted: ByteRange | undefined, signal: AbortSignal, whole = wanted === undefined): Promise<Answer> {
    const place = this.#place;
    try {
      return await this.#follow(place, { wanted, whole }, signal);
    } catch (error) {
      // Where a redirection leads may be good for a while only.
      if (place === this.#first || !isImageError(error) || !expired.has(error.details['status'])) throw error;
      return this.#follow(this.#first, { wanted, whole }, signal);
    }
  }

  async #follow(from: Place, question: Question, signal: AbortSignal): Promise<Answer> {
    let place = from;
    for (let redirects = 0; redirects <= mostRedirects; redirects++) {
      const sending = { connections: this.#connections, headers: this.#headers(question.wanted), silenceMs: this.#silenceMs, signal };
      const response = await sendRequest(place, sending);
      if (!redirections.has(response.statusCode)) return { response, identity: this.#judge(response, question, place) };
      response.destroy();
      place = nextPlace(place, this.#first, response.headers.location);
    }
    throw refusedRedirect(this.name, placeName(place.url), `and that is one redirection too many after ${mostRedirects}`);
  }

  #judge(response: IncomingMessage, { wanted, whole }: Question, place: Place): WebIdentity {
    try {
      const identity = judgeAnswer(this.name, response, wanted, { whole, ...(this.#pinned && { pinned: this.#pinned }) });
      this.#place = place;
      return identity;
    } catch (error) {
      response.destroy();
      throw error;
    }
  }

  #headers(wanted: ByteRange | undefined): OutgoingHttpHeaders {
    const plain = { 'accept-encoding': 'identity', 'user-agent': 'image-api' };
    if (!wanted) return plain;
    const etag = this.#pinned?.etag;
    const range = `bytes=${wanted.offset}-${wanted.offset + wanted.length - 1}`;
    return { ...plain, range, ...(etag === undefined ? {} : { 'if-range': etag }) };
  }
}
