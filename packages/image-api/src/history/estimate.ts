import type { AcceptedOffer, Endpoint } from '@image-api/driver';
import type { Lesson } from './lesson.ts';

/**
 * How an estimate came about:
 *
 * - `driver`: it is the driver's own guess
 * - `own-copies`: that, corrected by what earlier copies of the driver on this route really took
 * - `other-copies`: that, corrected by copies on this route that others made, or the driver in another way
 *
 * `copies` is how many there were; `guess` is what the driver itself says, in seconds.
 */
export type EstimateBasis =
  | { readonly by: 'driver' }
  | { readonly by: 'own-copies' | 'other-copies'; readonly copies: number; readonly guess: number };

/** The ends of a copy, and what earlier ones on the same route took. */
export interface Past {
  readonly from: Pick<Endpoint, 'scheme'>;
  readonly to: Pick<Endpoint, 'scheme'>;
  readonly lessons: readonly Lesson[];
}

export interface Estimate {
  readonly seconds: number;
  readonly basis: EstimateBasis;
}

/** So much of a guess is never corrected, in seconds: programs start as fast on a slow disk, and sessions on a slow link, as on a fast one. */
const start = { here: 0.05, network: 0.3 } as const;
/** One copy may have met anything; two that agree have not. */
const fewest = 2;
/** How far a guess may be corrected: what is further off than this is a mistake of something else. */
const [least, most] = [0.1, 20];

/**
 * The time that a copy will take, by what the driver guesses and what past copies on its route took. Pure.
 *
 * A driver that never copied there, or only once, is taken to be as far off as those that did: mostly it is the link or the disk that is not
 * what drivers take it for. So what is known of one driver never speaks against it alone, and nobody's copy goes by a driver merely because
 * less is known of it.
 */
export function estimateOf(driver: string, { seconds: guess, way }: Pick<AcceptedOffer, 'seconds' | 'way'>, past: Past): Estimate {
  const own = past.lessons.filter((lesson) => lesson.driver === driver && lesson.way === way);
  const known = own.length >= fewest ? [own] : groupsOf(past.lessons.filter((lesson) => !own.includes(lesson)));
  const startSeconds = startOf(past);
  if (known.length === 0 || guess <= startSeconds) return { seconds: guess, basis: { by: 'driver' } };
  const factor = median(known.map((group) => median(group.map((lesson) => factorOf(lesson, startSeconds)))));
  const by = known[0] === own ? 'own-copies' : 'other-copies';
  const seconds = Math.min(Number.MAX_VALUE, startSeconds + (guess - startSeconds) * factor);
  return { seconds, basis: { by, copies: known.flat().length, guess } };
}

function startOf({ from, to }: Past): number {
  return from.scheme === 'file' && to.scheme === 'file' ? start.here : start.network;
}

/** One group for each driver and way that is known well enough. */
function groupsOf(lessons: readonly Lesson[]): readonly (readonly Lesson[])[] {
  const groups = new Map<string, Lesson[]>();
  for (const lesson of lessons) groups.set(keyOf(lesson), [...(groups.get(keyOf(lesson)) ?? []), lesson]);
  return [...groups.values()].filter(({ length }) => length >= fewest);
}

/** What lessons are kept and compared by. */
export function keyOf({ driver, way = '' }: Pick<Lesson, 'driver' | 'way'>): string {
  return `${driver} ${way}`;
}

function factorOf({ guess, seconds }: Lesson, startSeconds: number): number {
  // What is read from a file may hold any guess.
  return Math.min(most, Math.max(least, (seconds - startSeconds) / Math.max(0.01, guess - startSeconds)));
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((one, other) => one - other);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? 1) + (sorted[Math.ceil(middle)] ?? 1)) / 2;
}
