import { formatRate } from '../rate/format-rate.ts';
import { awayMs } from './membership.ts';
import type { Membership } from './membership.ts';
import type { Standing } from './shares.ts';

/** What is known when a member's share has changed. */
export interface GroupChange {
  readonly name: string;
  /** Bytes per second; `Infinity` is none. */
  readonly budget: number;
  readonly before: Membership;
  readonly after: Membership;
  readonly others: readonly Standing[];
}

/** Why a member has another share than before, as one phrase. */
export function reasonOf({ name, budget, before, after, others }: GroupChange): string {
  const awayForMs = after.lookedAtMs - before.lookedAtMs;
  const whose = `its share of the group ${name} may be the others'`;
  if (budget === Infinity) return `the group ${name} has no limit`;
  if (after.stage === 'paused') return `paused: its share of the group ${name} is the others'`;
  if (awayForMs > awayMs) return `it did not run for ${Math.round(awayForMs / 1000)} s: ${whose}`;
  if (after.granted === 0) return `its file in the group was lost: ${whose}`;
  const sharing = 1 + others.filter(({ demand }) => demand > 0).length;
  const rate = formatRate(budget);
  return sharing === 1 ? `alone in the group ${name}, which has ${rate}` : `${sharing} copies share ${rate} in the group ${name}`;
}
