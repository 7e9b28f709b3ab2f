import type { Capabilities, Counters, ProgressUpdate, TransferReport } from '@image-api/driver';
import type { Rule } from './breach.ts';

const names = ['bytesLogical', 'bytesRead', 'bytesSent', 'bytesSkipped'] as const satisfies readonly (keyof Counters)[];
type Tell = (rule: Rule, seen: string) => void;

/** Look over the updates of one copy as they come: what is wrong with any copy's updates is told at once. */
export class UpdateWatch {
  readonly #highest: Partial<Record<keyof Counters, number>> = {};
  readonly #size: number;
  readonly #claimed: boolean;
  readonly #tell: Tell;

  constructor(size: number, { progress }: Capabilities, tell: Tell) {
    this.#size = size;
    this.#claimed = progress === 'bytes';
    this.#tell = tell;
  }

  /** An update while bytes move. */
  update(update: ProgressUpdate): void {
    this.#look(update);
    if (!this.#claimed) for (const name of names) this.#checkInvented(name, update[name]);
  }

  /** The last word. */
  report({ counters }: TransferReport): void {
    this.#look(counters);
  }

  #look(counters: Partial<Counters>): void {
    for (const name of names) {
      const value = counters[name];
      if (value === undefined) continue;
      const highest = this.#highest[name] ?? 0;
      if (!(value >= highest)) this.#tell('counters never go down', `${name} went from ${highest} to ${value}`);
      this.#highest[name] = Math.max(highest, value);
    }
    const { bytesLogical = 0, bytesSkipped = 0 } = counters;
    const exceeds = bytesLogical > this.#size || bytesSkipped > this.#size;
    if (exceeds) this.#tell('counters never exceed what there is', `of ${this.#size} bytes, ${JSON.stringify(counters)}`);
  }

  /** At the beginning and at the end anybody knows how far a copy is. */
  #checkInvented(name: keyof Counters, value: number | undefined): void {
    if (value === undefined || value === 0 || value === this.#size) return;
    this.#tell('no byte counts are invented', `${name}: ${value} was told, though progress of bytes is not claimed`);
  }
}
