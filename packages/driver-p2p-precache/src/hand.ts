import type { Limits, TransferContext } from '@image-api/driver';

/** How whoever moves the bytes for us is told to stop, to go on, and how fast it may be. */
export interface Reins {
  readonly pause: () => Promise<void>;
  readonly resume: () => Promise<void>;
  readonly limits: (limits: Limits) => Promise<void>;
}

/**
 * The hand on one copy from its first byte to its last, whoever moves them at the time: what was asked for is kept, and is told to who
 * comes next.
 */
export class Hand {
  #limits: Limits;
  #paused = false;
  #reins: Reins | undefined;
  readonly #takeBack: readonly (() => void)[];

  constructor({ onControl }: Pick<TransferContext, 'onControl'>, limits: Limits) {
    this.#limits = limits;
    this.#takeBack = [
      onControl('pause', async () => {
        this.#paused = true;
        await this.#reins?.pause();
      }),
      onControl('resume', async () => {
        this.#paused = false;
        await this.#reins?.resume();
      }),
      onControl('limits', async (wanted) => {
        this.#limits = wanted;
        await this.#reins?.limits(wanted);
        return wanted;
      }),
    ];
  }

  /** What is in force, in bytes per second. */
  get limits(): Limits {
    return this.#limits;
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** Give the reins to somebody while `work` lasts, with what was asked for meanwhile. */
  async given<T>(reins: Reins, work: () => Promise<T>): Promise<T> {
    const { limits, paused } = this;
    this.#reins = reins;
    try {
      if (this.#limits !== limits) await reins.limits(this.#limits);
      if (paused) await reins.pause();
      return await work();
    } finally {
      this.#reins = undefined;
    }
  }

  stop(): void {
    for (const takeBack of this.#takeBack) takeBack();
  }
}
