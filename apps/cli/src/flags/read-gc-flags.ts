import type { GcFlags } from './flags.ts';
import { readDuration } from './read-duration.ts';

/**
 * What was typed, as the options of `gc`.
 *
 * @throws ImageError BAD_OPTION for an age without a unit, or one that is none
 */
export function readGcFlags(places: readonly string[], { olderThan, dryRun }: GcFlags): GcChoice {
  return {
    ...(places.length > 0 && { places }),
    ...(olderThan !== undefined && { olderThanMs: readDuration('--older-than', olderThan, 'an age') }),
    ...(dryRun && { dryRun }),
  };
}

export interface GcChoice {
  readonly places?: readonly string[];
  readonly olderThanMs?: number;
  readonly dryRun?: true;
}
