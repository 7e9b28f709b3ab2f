import { createHash } from 'node:crypto';

/** A number from 0 up to, but not including, 1: the same for the same seed and words, in whatever order they are asked for. */
export function draw(seed: string, ...words: readonly (string | number)[]): number {
  return (
    createHash('sha256')
      .update(JSON.stringify([seed, ...words]))
      .digest()
      .readUInt32BE() /
    2 ** 32
  );
}

/** One of several, drawn. */
export function drawOne<T>(choices: readonly T[], seed: string, ...words: readonly (string | number)[]): T {
  return choices[Math.floor(draw(seed, ...words) * choices.length)]!;
}
