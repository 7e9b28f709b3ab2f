import { ImageError } from '@image-api/driver';
import type { CopyOptions } from '../copy-options.ts';
import type { Look } from '../look/look.ts';
import { badOption } from './check-options.ts';

/**
 * What can be judged of the options only when both ends are known.
 *
 * @throws ImageError FORMAT_MISMATCH, BAD_OPTION
 */
export function checkAgainstLook(options: CopyOptions, { from, to }: Look): void {
  checkFormat(options, from);
  if (options.delta && (!to.host || to.stat?.kind === 'block')) {
    throw badOption(`a delta starts from a file here or over ssh, which ${to.endpoint.href} is not: copy it whole`);
  }
  if (options.checksum !== undefined && !to.host) {
    throw badOption(`the checksum of ${to.endpoint.href} could not be checked, nobody can read it back: copy without one`);
  }
}

/** A format the caller names is a claim, and claims are checked. */
function checkFormat({ format }: CopyOptions, { endpoint }: Look['from']): void {
  const found = endpoint.facts.format;
  // A partition table is what a raw disk mostly begins with.
  if (format === undefined || found === undefined || format === found || (format === 'raw' && found === 'gpt')) return;
  throw new ImageError(`${endpoint.href} is ${found}, not ${format} as it was said to be: see \`imagectl inspect\``, {
    code: 'FORMAT_MISMATCH',
    origin: 'source',
    untouched: true,
  });
}
