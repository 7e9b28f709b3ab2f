import { ImageError } from '@image-api/driver';
import type { TaskLimits } from '../run/task.ts';
import { parseRate } from './parse-rate.ts';

/**
 * Read a limit as a copy takes it: a rate, `none`, `auto`, or `auto:` and the rate it never goes over.
 *
 * @param group the budget it is of, and not of the one task
 * @throws ImageError BAD_LIMIT, BAD_OPTION
 */
export function parseLimit(text: string, group?: string): TaskLimits {
  const [, ceiling] = /^auto(?::(.*))?$/is.exec(text.trim()) ?? [undefined, null];
  if (ceiling === null) return { ...bandwidthOf(text), ...groupOf(group) };
  if (group !== undefined) {
    throw new ImageError(`limit ${JSON.stringify(text)} cannot be the budget of a group: give the group a rate, or none`, {
      code: 'BAD_OPTION',
      origin: 'caller',
      untouched: true,
    });
  }
  return { auto: true, ...(ceiling !== undefined && bandwidthOf(ceiling)) };
}

function bandwidthOf(text: string): Pick<TaskLimits, 'bandwidth'> {
  const bandwidth = parseRate(text);
  return bandwidth === undefined ? {} : { bandwidth };
}

/** A name that is fit to be shown, and typed again. @throws ImageError BAD_OPTION */
export function groupOf(group: string | undefined): Pick<TaskLimits, 'group'> {
  if (group === undefined) return {};
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(group)) return { group };
  throw new ImageError(`${JSON.stringify(group)} cannot be the name of a group: up to 64 letters, digits, dots, dashes and underscores`, {
    code: 'BAD_OPTION',
    origin: 'caller',
    untouched: true,
  });
}
