import { isDeepStrictEqual } from 'node:util';
import type { ServeOrder } from './messages.ts';

/** Whether two orders are for the same image. */
export function sameTerms(one: ServeOrder, other: ServeOrder): boolean {
  return isDeepStrictEqual(termsOf(one), termsOf(other));
}

/** The way to a host is another for every process that asks. */
function termsOf({ from, ...rest }: ServeOrder): object {
  return { ...rest, from: from.kind === 'ssh' ? { ...from, file: from.file.path } : from };
}
