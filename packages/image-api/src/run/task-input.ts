import type { CopyOptions } from '../copy-options.ts';
import type { Company } from '../history/company.ts';
import type { Planner } from '../plan/make-plan.ts';

/** What a task needs of the instance it belongs to. */
export interface TaskInput {
  readonly id: string;
  readonly from: string | URL;
  readonly to: string | URL;
  readonly options: CopyOptions;
  /** Wait for a place among the running tasks; resolves with the way to give it back. */
  readonly enter: (signal: AbortSignal) => Promise<() => void>;
  /** Keeps connections open while the work lasts. */
  readonly during: <T>(work: () => Promise<T>) => Promise<T>;
  /** Loads configuration and drivers; the first I/O of a task. */
  readonly planner: () => Promise<Planner>;
  /** The copies of this process that move bytes now. */
  readonly company: Company;
}
