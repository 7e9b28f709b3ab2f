import type { Content } from './far-entry.ts';
import type { HostReport } from './fleet-report.ts';

/** What did not have to come. */
export type Saved = Pick<HostReport, 'savedByZeros' | 'savedByOlder' | 'resumed'>;

/** What did not have to come, by whose merit. @param verified bytes that were there before anything came */
export function savedOf(content: Content, verified: number, { part, cloned }: { readonly part: number; readonly cloned: boolean }): Saved {
  const savedByZeros = Math.min(verified, content.manifest.size - dataOf(content));
  const rest = Math.max(0, verified - savedByZeros);
  const isOlder = cloned && part === 0;
  return { savedByZeros, savedByOlder: isOlder ? rest : 0, resumed: isOlder ? 0 : rest };
}

/** Bytes of the pieces that are not all zeros. */
export function dataOf({ manifest: { size, pieceLength, zeroPieces } }: Content): number {
  const zeros = zeroPieces.reduce((sum, [from, to]) => sum + Math.min(size, to * pieceLength) - from * pieceLength, 0);
  return size - zeros;
}
