const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;
const gibibyte = 1024 * mebibyte;

/** The largest image, in bytes, that is cut into pieces of so many bytes. */
const rule: readonly (readonly [upTo: number, pieceLength: number])[] = [
  [gibibyte, 256 * kibibyte],
  [8 * gibibyte, mebibyte],
  [128 * gibibyte, 4 * mebibyte],
];

/** How long the pieces of an image are, in bytes. A function of nothing but its size, so that everybody cuts it alike. */
export function pieceLengthFor(size: number): number {
  return rule.find(([upTo]) => size <= upTo)?.[1] ?? 8 * mebibyte;
}
