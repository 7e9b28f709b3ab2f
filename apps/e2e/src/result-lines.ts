import type { ImagectlResult } from './imagectl.ts';

/** One line of `imagectl --json`. */
export interface ResultLine {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** Every line that was printed with --json, parsed. Throws when one of them is not JSON. */
export function linesOf(result: ImagectlResult): readonly ResultLine[] {
  return result.stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as ResultLine);
}
