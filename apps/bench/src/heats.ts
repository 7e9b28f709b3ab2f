import { median, race } from './race.ts';
import type { Contender, Score } from './race.ts';

/** How to hold a race in which not everybody runs to the end. */
export interface Heats {
  readonly rounds: number;
  /** So many peers, those that were fastest in the first round, take part in the others. */
  readonly finalists: number;
  reset(): Promise<void>;
  /** After every run of the first round: whether the copy is right. Rejects where it is not. */
  check(): Promise<void>;
}

/** A race in which peers that have no chance run once. The first, ours, always goes on. */
export async function raceInHeats(title: string, contenders: readonly Contender[], heats: Heats): Promise<Score> {
  const { rounds, reset, check } = heats;
  let isRunning = false;
  const first = await race(title, contenders, 1, async () => {
    if (isRunning) await check();
    isRunning = true;
    await reset();
  });
  await check();
  if (rounds === 1) return first;
  const names = new Set(finalistsOf(first, heats.finalists));
  const rest = await race(
    title,
    contenders.filter(({ name }) => names.has(name)),
    rounds - 1,
    reset,
  );
  return mergeScores(first, rest);
}

/** Ours, and the fastest of the others. */
export function finalistsOf({ times: [ours, ...peers] }: Score, count: number): readonly string[] {
  const sorted = peers.toSorted((a, b) => median(a.seconds) - median(b.seconds)).slice(0, count);
  return [...(ours ? [ours.name] : []), ...sorted.map(({ name }) => name)];
}

export function mergeScores(first: Score, rest: Score): Score {
  const more = new Map(rest.times.map(({ name, seconds }) => [name, seconds]));
  return { ...first, times: first.times.map(({ name, seconds }) => ({ name, seconds: [...seconds, ...(more.get(name) ?? [])] })) };
}
