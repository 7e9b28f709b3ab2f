import type { OlderImage } from './look-around.ts';

/** From which cached image a host starts: none, a certain one, or whichever was used last of those that are cut into pieces alike. */
export type FromCached = 'never' | 'auto' | (string & {});

/**
 * The image to start from, by its sha256; `undefined` when there is none. Only pieces that are the same are saved, so one that is cut otherwise is
 * of no use.
 */
export function chooseOlder(
  held: readonly OlderImage[],
  wish: FromCached,
  { sha256, pieceLength }: { readonly sha256: string; readonly pieceLength: number },
): string | undefined {
  const fit = held.filter((image) => image.sha256 !== sha256 && image.pieceLength === pieceLength);
  if (wish === 'auto') return fit.toSorted((one, other) => other.usedAt - one.usedAt)[0]?.sha256;
  return wish === 'never' ? undefined : fit.find((image) => image.sha256 === wish)?.sha256;
}
