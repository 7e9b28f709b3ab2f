import ms from 'ms';
import { badOption } from '../failure/to-image-error.ts';
import type { GcFlags } from './flags.ts';

/**
 * What was typed, as the options of `gc`.
 *
 * @throws ImageError BAD_OPTION for an age without a unit, or one that is none
 */
export function readGcFlags(places: readonly string[], { olderThan, dryRun }: GcFlags): GcChoice {
  return {
    ...(places.length > 0 && { places }),
    ...(olderThan !== undefined && { olderThanMs: readAge(olderThan) }),
    ...(dryRun && { dryRun }),
  };
}

export interface GcChoice {
  readonly places?: readonly string[];
  readonly olderThanMs?: number;
  readonly dryRun?: true;
}

/** The library takes a bare number for milliseconds, which nobody means. */
function readAge(text: string): number {
  const age = /^[\d.]+ ?[a-z]+$/i.test(text) ? (ms as (value: string) => number | undefined)(text) : undefined;
  if (age !== undefined && Number.isFinite(age)) return age;
  throw badOption(`--older-than takes an age with a unit, such as 30m, 12h or 7d, not ${JSON.stringify(text)}`);
}
