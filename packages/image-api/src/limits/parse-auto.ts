import { ImageError } from '@image-api/driver';
import { parseRate } from '../rate/parse-rate.ts';

/** Between which rates a limit may go by itself, in bytes per second. */
export interface AutoLimit {
  /** Absent: the default of `followPressure`. */
  readonly floor?: number;
  /** Absent: no limit. */
  readonly ceiling?: number;
}

/**
 * Read `auto`, `auto:200MiB/s` (at most so much) or `auto:5MiB/s..200MiB/s` (at least the one, at most the other).
 *
 * @returns `undefined` for a text that asks for nothing of the kind
 * @throws ImageError BAD_LIMIT where a bound is malformed, or the lower one is above the other
 */
export function parseAuto(text: string): AutoLimit | undefined {
  const [, bounds, given] = /^\s*auto\s*(:(.*))?$/is.exec(text) ?? [];
  if (bounds === undefined) return /^\s*auto\s*$/i.test(text) ? {} : undefined;
  const [first = '', second] = (given ?? '').split(/\.\.(.*)/s, 2);
  const ceiling = parseRate(second ?? first);
  const floor = second === undefined ? undefined : parseRate(first);
  if (floor !== undefined && ceiling !== undefined && floor > ceiling) throw upsideDown(text);
  return { ...(floor !== undefined && { floor }), ...(ceiling !== undefined && { ceiling }) };
}

function upsideDown(text: string): ImageError {
  return new ImageError(`limit ${JSON.stringify(text)} is upside down: write the lower rate first, like auto:5MiB/s..200MiB/s`, {
    code: 'BAD_LIMIT',
    origin: 'caller',
    untouched: true,
  });
}
