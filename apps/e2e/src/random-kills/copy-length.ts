import type { Told } from './told.ts';

/** How long a copy takes when nobody kills it. */
export interface CopyLength {
  /** From the start to the told plan. */
  readonly planMs: number;
  /** From there to the told result. */
  readonly copyMs: number;
}

/** `undefined` when it did not get to its end. */
export function lengthOf(told: Told): CopyLength | undefined {
  const [plannedAtMs, endedAtMs] = [told.atMs('plan'), told.atMs('result')];
  if (plannedAtMs === undefined || endedAtMs === undefined) return undefined;
  return { planMs: plannedAtMs, copyMs: endedAtMs - plannedAtMs };
}

/** A copy that was over before it could be killed corrects what was measured: how busy the machine is changes. */
export function corrected(known: CopyLength, seen: CopyLength | undefined): CopyLength {
  if (!seen) return known;
  return { planMs: (known.planMs + seen.planMs) / 2, copyMs: (known.copyMs + seen.copyMs) / 2 };
}
