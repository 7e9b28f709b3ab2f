import type { Counters, Host } from '@image-api/driver';

/** When the destination is looked at, in milliseconds. A look at another machine starts a process there. */
export const pace: Readonly<Record<Host['kind'], { readonly firstMs: number; readonly lastMs: number }>> = {
  local: { firstMs: 10, lastMs: 200 },
  ssh: { firstMs: 100, lastMs: 1000 },
};

/** How far a copy is, from the length the file has where it arrives: scp writes every byte, from the front to the back. */
export function scpProgress(size: number, arrived: number): Omit<Counters, 'bytesSent'> {
  const bytes = Math.min(size, arrived);
  return { bytesLogical: bytes, bytesRead: bytes, bytesSkipped: 0 };
}

/**
 * How long nothing may be seen to move. Under a very low limit a single piece of a file takes long to arrive.
 *
 * @param limit bytes per second
 */
export function patienceMs(stallMs: number, limit: number | undefined): number {
  return limit === undefined ? stallMs : stallMs + (pieceBytes / limit) * 1000;
}

/** The largest piece any scp sends in one message, twice. */
const pieceBytes = 2 * 255 * 1024;
