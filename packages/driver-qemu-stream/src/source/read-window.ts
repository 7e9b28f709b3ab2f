/**
 * How far ahead it is ever read: it fills a gigabit with 50 ms to and fro, and is fewer pieces than there are connections to a web server, so that
 * what a guest reads meanwhile never waits for one.
 */
const longest = 7 * 1024 * 1024;

/** What is known of a link and of whoever takes what it brings. */
export interface ReadPace {
  /** How fast pieces are taken. */
  readonly bytesPerMs: number;
  /** How long a piece takes that has the link to itself. */
  readonly delayMs: number;
  readonly pieceLength: number;
}

/**
 * How far to read ahead, in bytes: twice what is taken while a piece is under way, so that a link that is not full yet gets fuller
 * each time, and two pieces more. Of a full link it asks no more than that, because other reads wait behind it.
 */
export function windowFor({ bytesPerMs, delayMs, pieceLength }: ReadPace): number {
  return Math.min(longest, Math.ceil(2 * bytesPerMs * delayMs) + 2 * pieceLength);
}
