import type { RetryConfig } from '../config/config.ts';

/** No pause is longer. */
const longestMs = 30_000;

/**
 * How long to wait before the next try: doubled each time, up to 30 s, give or take 20 % so that many copies that failed
 * together do not come back together.
 *
 * @param attemptNumber tries made so far, from 1
 * @param random a number from 0 up to, but not including, 1
 * @returns milliseconds, or `undefined` when the tries are spent
 */
export function nextDelayMs(attemptNumber: number, { attempts, delayMs }: Required<RetryConfig>, random: () => number): number | undefined {
  if (attemptNumber >= attempts) return undefined;
  // Unbounded, the power would become infinite, and no pause at all times that is no number.
  const doubledMs = Math.min(longestMs, delayMs * 2 ** Math.min(attemptNumber - 1, 30));
  return Math.min(longestMs, Math.round(doubledMs * (0.8 + 0.4 * random())));
}
