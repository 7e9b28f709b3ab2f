import type { Score } from './race.ts';
import type { Aim, Comparison } from './section.ts';

/** A race as it is shown on the page of benchmarks. @param ours names of contenders that are ours, too, besides the first */
export function comparisonOfRace({ title, times }: Score, aims: readonly Aim[], ours: readonly string[] = []): Comparison {
  const contenders = times.map(({ name, seconds }) => ({ name, seconds, ...(ours.includes(name) && { is: 'ours' as const }) }));
  return { title, contenders, aims };
}
