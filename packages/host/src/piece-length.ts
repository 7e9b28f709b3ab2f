/** The longest piece: two of them under way keep a disk busy, and what is under way when a copy is paused still arrives. */
export const longestPiece: number = 2 ** 20;
const shortestPiece = 4096;
/** A limit is kept by waiting before each piece; so long a wait nobody notices. */
const shareOfSecond = 1 / 20;

/** How much to move at once under a limit, in bytes: a power of two. */
export function pieceLength(bandwidth: number | undefined): number {
  if (bandwidth === undefined) return longestPiece;
  const wanted = 2 ** Math.floor(Math.log2(bandwidth * shareOfSecond));
  return Math.min(longestPiece, Math.max(shortestPiece, wanted));
}
