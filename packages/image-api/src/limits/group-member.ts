import type { Clock } from './clock.ts';
import type { LimitSource } from './limit-source.ts';

/** One task's place in a group: all its members together keep to one budget. */
export interface GroupMember extends LimitSource {
  /** The group's budget as this member knows it, in bytes per second; `undefined` is no limit. */
  readonly budget: number | undefined;
  /** Change the budget of the whole group. Resolves when it is written down; the others follow within half a second. */
  setBudget(bytesPerSecond: number | undefined): Promise<void>;
}

export interface GroupOptions {
  /** Sets the group's budget, in bytes per second. Absent: it is left as it is, and a new group has none. */
  readonly budget?: number | undefined;
  /** Where groups are kept; only processes that name the same directory meet. Default: the user's runtime directory. */
  readonly directory?: string;
  readonly clock?: Clock;
}
