import { ImageError } from '@image-api/driver';

/** Lets a number of tasks run at once; the others wait their turn, in order. */
export class Queue {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(concurrency: number) {
    this.#free = concurrency;
  }

  /** Resolves with a function that gives the place back. Rejects with CANCELLED, at once, if the signal comes first. */
  async enter(signal: AbortSignal): Promise<() => void> {
    if (signal.aborted) throw cancelled();
    if (this.#free > 0) this.#free -= 1;
    else await this.#turn(signal);
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#leave();
    };
  }

  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const enter = (): void => {
        signal.removeEventListener('abort', giveUp);
        resolve();
      };
      const giveUp = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(enter), 1);
        reject(cancelled());
      };
      signal.addEventListener('abort', giveUp, { once: true });
      this.#waiting.push(enter);
    });
  }

  #leave(): void {
    const next = this.#waiting.shift();
    // The place goes straight to the next one, so that nobody can slip in between.
    if (next) next();
    else this.#free += 1;
  }
}

function cancelled(): ImageError {
  return new ImageError('cancelled before it began', { code: 'CANCELLED', origin: 'caller', untouched: true });
}
