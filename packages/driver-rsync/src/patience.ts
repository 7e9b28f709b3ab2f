/** A destination that is compared is read first, without a word; slower than this no disk should be. */
const comparedPerMs = 50_000;
/** rsync tells its position only after a buffer of about this size went out. */
const bufferedKiB = 1024;

/**
 * How long no progress is no stall, in milliseconds: what the user allows, and on top of it the time in which rsync is silent although
 * all is well.
 *
 * @param compared bytes the destination is read of before the first one moves
 */
export function patienceMs(stallMs: number, limitKiB: number | undefined, compared: number): number {
  const buffered = limitKiB === undefined ? 0 : (bufferedKiB / limitKiB) * 1000;
  return Math.ceil(stallMs + buffered + compared / comparedPerMs);
}
