import type { CopyOptions } from '../copy-options.ts';
import type { Look } from '../look/look.ts';
import { badOption } from './check-options.ts';

/**
 * What can be judged of the options only when both ends are known.
 *
 * @throws ImageError BAD_OPTION
 */
export function checkAgainstLook(options: CopyOptions, { to }: Look): void {
  if (options.delta && (!to.host || to.stat?.kind === 'block')) {
    throw badOption(`a delta starts from a file here or over ssh, which ${to.endpoint.href} is not: copy it whole`);
  }
  if (options.checksum !== undefined && !to.host) {
    throw badOption(`the checksum of ${to.endpoint.href} could not be checked, nobody can read it back: copy without one`);
  }
}
