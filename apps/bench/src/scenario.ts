import type { Outcome } from './outcome.ts';
import type { Setting } from './setting.ts';

/** One thing to measure. */
export interface Scenario {
  /** `undefined` where this machine cannot. */
  run(setting: Setting): Promise<Outcome | undefined>;
  /** Where none are asked for. Default 9. */
  readonly rounds?: number;
}
