import type { Extent } from '@image-api/host';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { FetchCount } from './fetch-count.ts';
import type { OverlayParts } from './fetch-count.ts';

const lookMs = 500;
/** No more than this share of its time is the daemon asked. */
const share = 1 / 20;
/** What the background may have under way ahead of where it says that it is. */
const underWay = 2 * 512 * 1024;

export interface FetchWatchInput {
  /** What is in the overlay, from a place on. */
  readonly map: { readonly isOpen: boolean; read(from: number): Promise<OverlayParts>; close(): void };
  /** Where the background is; `undefined` while there is none. */
  readonly position: () => Promise<number | undefined>;
  /** Called after each look. */
  readonly onLook: () => void;
}

/** Looks now and then what came into an overlay without the background. What goes wrong is told by what else goes wrong then. */
export class FetchWatch {
  readonly #input: FetchWatchInput;
  readonly #count = new FetchCount();
  readonly #stopping = new AbortController();
  #looking: Promise<void> = Promise.resolve();

  private constructor(input: FetchWatchInput) {
    this.#input = input;
  }

  /** @param there what came earlier. Default: what is there now, which takes a while to ask of a large disk */
  static async start(input: FetchWatchInput, there?: readonly Extent[]): Promise<FetchWatch> {
    const watch = new FetchWatch(input);
    watch.#count.begin(there ?? (await input.map.read(0)).there);
    void watch.#run();
    return watch;
  }

  /** Whether it is one of those that are attached to what is served. */
  get isConnected(): boolean {
    return this.#input.map.isOpen;
  }

  /** Bytes of the disk that came from the source. */
  get fetched(): number {
    return this.#count.fetched;
  }

  /** Of them, those that came because somebody read there ahead of the background. */
  get onDemand(): number {
    return this.#count.onDemand;
  }

  /** The background is about to begin at the front, not for the first time perhaps. */
  begin(): Promise<void> {
    // What is known of the first one is right.
    if (this.#count.position === 0) return Promise.resolve();
    return this.#next(async () => {
      const parts = await this.#input.map.read(0);
      this.#count.look(parts, this.#count.position);
      this.#count.begin(parts.there);
    });
  }

  /** The background has come so far. */
  advance(to: number): void {
    this.#count.advance(to);
  }

  look(): Promise<void> {
    return this.#next(async () => {
      const parts = await this.#input.map.read(this.#count.position);
      // Asked afterwards: what the background has brought meanwhile lies behind that.
      const position = await this.#input.position();
      this.#count.look(parts, position === undefined ? 0 : position + underWay);
      this.#input.onLook();
    });
  }

  /** Calling it twice is harmless. */
  stop(): void {
    this.#stopping.abort();
    this.#input.map.close();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    for (let tookMs = 0; !signal.aborted;) {
      await sleep(Math.max(lookMs, tookMs / share), undefined, { signal }).catch(() => undefined);
      const startedAt = performance.now();
      if (!signal.aborted) await this.look();
      tookMs = performance.now() - startedAt;
    }
  }

  #next(work: () => Promise<void>): Promise<void> {
    return (this.#looking = this.#looking.then(work).catch(() => undefined));
  }
}
