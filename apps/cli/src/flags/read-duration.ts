import ms from 'ms';
import { badOption } from '../failure/to-image-error.ts';

/**
 * A length of time, in milliseconds. The library takes a bare number for milliseconds, which nobody means.
 *
 * @param flag for messages
 * @throws ImageError BAD_OPTION for one without a unit, or one that is none
 */
export function readDuration(flag: string, text: string, what = 'a time'): number {
  const read = /^[\d.]+ ?[a-z]+$/i.test(text) ? (ms as (value: string) => number | undefined)(text) : undefined;
  if (read !== undefined && Number.isFinite(read)) return read;
  throw badOption(`${flag} takes ${what} with a unit, such as 30m, 12h or 7d, not ${JSON.stringify(text)}`);
}
