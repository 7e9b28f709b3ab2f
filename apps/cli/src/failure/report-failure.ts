import { exitStatus } from '@image-api/driver';
import { isDebug, isJson } from '../flags/is-flag.ts';
import { jsonLine } from '../text/json-line.ts';
import type { World } from '../world.ts';
import { failureRecord } from './failure-record.ts';
import { failureText } from './failure-text.ts';
import { toImageError } from './to-image-error.ts';

/**
 * Tell what went wrong, on stderr and, with `--json`, as the last line of stdout; answers the exit status.
 *
 * @param words the command line
 */
export function reportFailure(thrown: unknown, words: readonly string[], { stdout, stderr }: Pick<World, 'stdout' | 'stderr'>): number {
  const error = toImageError(thrown);
  stderr.write(failureText(error, isDebug(words)));
  if (isJson(words)) stdout.write(jsonLine(failureRecord(error)));
  return exitStatus(error.code);
}
