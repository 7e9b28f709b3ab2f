import type { TaskResult } from 'image-api';
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

/** What `imagectl copy --json` told in its last line. Throws when that is not a result. */
export function resultOf(result: ImagectlResult): TaskResult {
  const last = linesOf(result).at(-1);
  if (last?.type !== 'result') throw new Error(`the last line is not a result: ${result.story}`);
  return last as unknown as TaskResult;
}

/** A failure, as the last line of `--json` tells it. */
export interface ToldFailure {
  readonly code: string;
  readonly message: string;
  readonly exitStatus: number;
}

/** What went wrong, by the last line. Throws when that is not an error. */
export function failureOf(result: ImagectlResult): ToldFailure {
  const last = linesOf(result).at(-1);
  if (last?.type !== 'error') throw new Error(`the last line is not an error: ${result.story}`);
  return last as unknown as ToldFailure;
}
