import type { RetryConfig } from '../config/config.ts';

/** No pause is longer. */
const longestMs = 30_000;

/** What there is to judge by. Both begin anew when a try got further than those before it. */
export interface Failures {
  /** Tries that failed, from 1. */
  readonly failures: number;
  /** Since the first of them failed. */
  readonly failingForMs: number;
}

/**
 * How long to wait before the next try: doubled each time, up to 30 s, give or take 20 % so that many copies that failed
 * together do not come back together.
 *
 * @param random a number from 0 up to, but not including, 1
 * @returns milliseconds, or `undefined` when the tries are spent, or the time
 */
export function nextDelayMs(
  { failures, failingForMs }: Failures,
  { attempts, delayMs, deadlineMs }: Required<RetryConfig>,
  random: () => number,
): number | undefined {
  if (failures >= attempts) return undefined;
  // Unbounded, the power would become infinite, and no pause at all times that is no number.
  const doubledMs = Math.min(longestMs, delayMs * 2 ** Math.min(failures - 1, 30));
  const waitMs = Math.min(longestMs, Math.round(doubledMs * (0.8 + 0.4 * random())));
  return failingForMs + waitMs > deadlineMs ? undefined : waitMs;
}
