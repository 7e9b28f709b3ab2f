import { parseRate, parseSize } from 'image-api';
import type { ThrottleChange } from '@image-api/qmp';
import ms from 'ms';
import { badOption } from '../failure/to-image-error.ts';
import { flagKey, throttleFlags } from './throttle-flags.ts';
import type { ThrottleFlag, ThrottleFlags } from './throttle-flags.ts';

/**
 * What was typed, as numbers; `none` is 0.
 *
 * @throws ImageError BAD_LIMIT or BAD_OPTION for what is not a value of its option
 */
export function readThrottleFlags(flags: ThrottleFlags): ThrottleChange {
  const typed = throttleFlags.flatMap((flag) => {
    const text = flags[flagKey(flag.name)];
    return typeof text === 'string' ? [[flag.name, readValue(flag, text.trim())] as const] : [];
  });
  const { group } = flags;
  if (group === '') throw badOption('--group takes the name of a group, which cannot be empty');
  return { limits: Object.fromEntries(typed), ...(group !== undefined && { group }) };
}

function readValue({ name, kind }: ThrottleFlag, text: string): number {
  if (text.toLowerCase() === 'none') return 0;
  if (kind === 'rate') return parseRate(text) ?? 0;
  if (kind === 'size') return parseSize(text);
  return kind === 'count' ? readCount(name, text) : readSeconds(name, text);
}

function readCount(name: string, text: string): number {
  if (/^\d{1,16}$/.test(text)) return Number(text);
  throw badOption(`--${name} takes a whole number of requests a second, or none, not ${JSON.stringify(text)}`);
}

function readSeconds(name: string, text: string): number {
  const age = /^\d{1,10} ?[a-z]+$/i.test(text) ? (ms as (value: string) => number | undefined)(text) : undefined;
  if (age !== undefined && age >= 1000 && age % 1000 === 0) return age / 1000;
  throw badOption(`--${name} takes whole seconds with a unit, such as 5s or 1m, or none, not ${JSON.stringify(text)}`);
}
