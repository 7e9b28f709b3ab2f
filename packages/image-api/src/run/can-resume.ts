import type { Driver } from '@image-api/driver';
import type { Look } from '../look/look.ts';

/** Whether bytes of an interrupted try may be gone on from: by a driver that can, and of a source that is known to be the same. */
export function canResume({ capabilities }: Pick<Driver, 'capabilities'>, { from }: Look): boolean {
  return capabilities.resume === true && (from.stat ?? from.identity) !== undefined;
}
