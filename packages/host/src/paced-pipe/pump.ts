import { createWriteStream } from 'node:fs';
import { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { Carrier } from './carrier.ts';
import type { FarEnd } from './far-end.ts';
import type { ProgramEnd, PumpCounters, PumpSettings } from './messages.ts';
import { readDescriptor, readStream } from './piece-reader.ts';
import { TokenBucket } from './token-bucket.ts';

/** How long nothing may come after the far end is gone, until nobody can be there any more who holds its output open. */
const quietMs = 500;

/** Carries bytes between our standard input and output and a far end, as fast as it is told. Nothing moves before it was told. */
export class Pump {
  readonly #far: FarEnd;
  readonly #buckets: readonly TokenBucket[];
  readonly #up: Carrier;
  readonly #down: Carrier;
  #isOver = false;

  constructor(far: FarEnd) {
    const now = performance.now();
    const [up, down] = [new TokenBucket(undefined, now), new TokenBucket(undefined, now)];
    for (const bucket of [up, down]) bucket.setPaused(true, now);
    this.#far = far;
    this.#buckets = [up, down];
    this.#up = new Carrier((onPiece) => readDescriptor(0, onPiece), far.input, up);
    this.#down = new Carrier((onPiece) => readStream(far.output, onPiece), ourOutput(), down);
    void this.#up.done.then(() => far.input.end());
  }

  get counters(): PumpCounters {
    return { up: this.#up.moved, down: this.#down.moved };
  }

  /** In force when it returns. */
  set({ rate, paused }: Pick<PumpSettings, 'rate' | 'paused'>): void {
    // What a far end that failed said last must come through, and is little.
    if (this.#isOver) return;
    const now = performance.now();
    for (const bucket of this.#buckets) {
      bucket.setRate(rate ?? undefined, now);
      bucket.setPaused(paused, now);
    }
    this.#up.settingsChanged();
    this.#down.settingsChanged();
  }

  /**
   * Resolves when the far end is gone and all it said is handed on. Our input may still be open then: who started us keeps it open until
   * we are gone.
   */
  async run(): Promise<ProgramEnd> {
    void this.#down.done.then((how) => how === 'refused' && this.#far.terminate());
    const end = await this.#far.ended;
    if (end.exitCode !== 0) {
      this.set({ rate: null, paused: false });
      this.#isOver = true;
    }
    await this.#drained();
    return end;
  }

  terminate(): void {
    this.#far.terminate();
  }

  async #drained(): Promise<void> {
    const drained = this.#down.done.then(() => true);
    for (let seen = -1; this.#down.holds || seen !== this.#down.moved;) {
      seen = this.#down.moved;
      if (await Promise.race([drained, sleep(quietMs, false)])) return;
    }
  }
}

function ourOutput(): Writable {
  try {
    return new Socket({ fd: 1, readable: false, writable: true });
  } catch {
    return createWriteStream('', { fd: 1 });
  }
}
