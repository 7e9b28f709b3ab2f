/** What the stream copies at once; before more than that has come at a low limit, nobody can tell that it moves. */
const chunk = 2 * 512 * 1024;

/** Nothing moved for too long, or nobody could tell whether it does. */
export class StalledError extends Error {}

/** Notices that a job, or the daemon it is in, no longer moves. */
export class StallWatch {
  /** Rejects with a `StalledError`. Never resolves. */
  readonly stalled: Promise<never>;
  readonly #stallMs: number;
  #timer: NodeJS.Timeout | undefined;
  #state = '';
  #give: (error: StalledError) => void = () => undefined;

  constructor(stallMs: number) {
    this.#stallMs = stallMs;
    this.stalled = new Promise((_, reject) => (this.#give = reject));
    this.stalled.catch(() => undefined);
    this.#wait(stallMs);
  }

  /**
   * This is how it is now.
   *
   * @param state another text whenever something moved
   */
  look(state: string, { paused, speed }: { readonly paused: boolean; readonly speed: number }): void {
    if (state === this.#state && !paused) return;
    this.#state = state;
    this.#wait(patienceMs(this.#stallMs, speed));
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #wait(ms: number): void {
    clearTimeout(this.#timer);
    // Longer than a timer can be: over 24 days.
    this.#timer = setTimeout(() => this.#give(new StalledError()), Math.min(ms, 2 ** 31 - 1));
  }
}

/**
 * How long a job at this limit may seem to stand still, in milliseconds.
 *
 * @param speed bytes per second, 0 for no limit
 */
export function patienceMs(stallMs: number, speed: number): number {
  return stallMs + (speed > 0 ? (chunk / speed) * 1000 : 0);
}
