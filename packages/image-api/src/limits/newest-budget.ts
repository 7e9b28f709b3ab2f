/** A budget that somebody told, in bytes per second; `Infinity` is none. */
export interface KnownBudget {
  readonly budget: number;
  /** The one with the highest number is the newest; 0: nobody ever set one. */
  readonly budgetVersion: number;
}

/** What all members agree on, whoever they ask first: of two that were set at the same moment, the lower one. */
export function newestBudget(told: readonly KnownBudget[]): KnownBudget {
  const nothing: KnownBudget = { budget: Infinity, budgetVersion: 0 };
  const { budget, budgetVersion } = told.reduce(newer, nothing);
  return { budget, budgetVersion };
}

function newer(one: KnownBudget, other: KnownBudget): KnownBudget {
  if (one.budgetVersion !== other.budgetVersion) return one.budgetVersion > other.budgetVersion ? one : other;
  return one.budget <= other.budget ? one : other;
}
