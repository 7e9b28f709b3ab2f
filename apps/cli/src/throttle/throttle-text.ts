import { formatRate } from 'image-api';
import type { Throttle, ThrottleLimits, ThrottleName } from '@image-api/qmp';
import { formatExactSize } from '../text/format-quantity.ts';
import { table } from '../text/table.ts';
import { throttleFlags } from './throttle-flags.ts';
import type { ThrottleFlag } from './throttle-flags.ts';

/** The limits of a disk that are in force, one a line. */
export function throttleText({ name, kind, group, sharedWith, limits }: Throttle): string {
  const rows = throttleFlags.flatMap((flag) => rowOf(flag, limits));
  return table([
    [kind === 'drive' ? 'disk' : 'throttle node', name],
    ...(group === undefined || group === name ? [] : [['group', group]]),
    ...(sharedWith.length > 0 ? [['shared with', sharedWith.join(', ')]] : []),
    ...(rows.length > 0 ? rows : [['limits', 'none']]),
  ]);
}

function rowOf({ name, kind }: ThrottleFlag, limits: ThrottleLimits): readonly (readonly string[])[] {
  const value = limits[name];
  if (value === undefined) return [];
  const text = { rate: formatRate, count: perSecond, seconds: (seconds: number) => `${seconds} s`, size: formatExactSize }[kind](value);
  return [[name satisfies ThrottleName, text]];
}

function perSecond(count: number): string {
  return `${count} requests/s`;
}
