import { formatScore } from './race.ts';
import type { Score } from './race.ts';
import type { Section } from './section.ts';

/** What came of one scenario. */
export interface Outcome {
  /** For the terminal. */
  readonly text: string;
  /** Every single number, kept in `results/`. */
  readonly record: Readonly<Record<string, unknown>>;
  /** What it has to say on the page of benchmarks, which is made of the newest result of every scenario. */
  readonly section?: Section;
  /** Pages and plots of its own, by their names in `apps/docs`. */
  readonly pages?: Readonly<Record<string, string>>;
}

/** The outcome of races. */
export function outcomeOf(scores: readonly Score[]): Outcome {
  return { text: scores.map(formatScore).join('\n'), record: { scores } };
}
