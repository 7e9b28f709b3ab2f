import { formatScore } from './race.ts';
import type { Score } from './race.ts';

/** What came of one scenario. */
export interface Outcome {
  /** For the terminal. */
  readonly text: string;
  /** Every single number, kept in `results/`. */
  readonly record: Readonly<Record<string, unknown>>;
  /** Pages and plots made of it, by their names in `apps/docs`. */
  readonly pages?: Readonly<Record<string, string>>;
}

/** The outcome of races. */
export function outcomeOf(scores: readonly Score[]): Outcome {
  return { text: scores.map(formatScore).join('\n'), record: { scores } };
}
