import type { Driver, Need } from '@image-api/driver';
import type { Look } from '../look/look.ts';

/**
 * Whether bytes of an interrupted try may be gone on from: by a driver that can, and of a source that is known to be the same. An image that
 * could be used while it came is gone on from even where nobody can know, because it may hold what a guest wrote, and is of no use without its
 * source; the plan says so.
 */
export function canResume({ capabilities }: Pick<Driver, 'capabilities'>, look: Pick<Look, 'from'>, needs: readonly Need[] = []): boolean {
  return capabilities.resume === true && (isKnownAgain(look) || needs.includes('readyEarly'));
}

/** Whether anybody can tell that a source is what it was. */
export function isKnownAgain({ from }: Pick<Look, 'from'>): boolean {
  return (from.stat ?? from.identity) !== undefined;
}
