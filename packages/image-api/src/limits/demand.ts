/** One stretch of a task's time: what it was allowed, and what it moved. */
export interface Stretch {
  readonly ms: number;
  /** Bytes. */
  readonly allowed: number;
  /** Bytes. */
  readonly moved: number;
}

/** So far back it matters what was used. */
export const memoryMs = 3500;
/** Some tools tell only once a second how far they are; without news for longer, nothing moved. */
const newsMs = 1250;
/** Less says too little. */
const enoughMs = 1000;
/** Who uses that part of what it may is held back by it. */
const heldBack = 0.8;
/** Room to grow for who is not. */
const headroom = 1.25;
/** Steps of a demand: one that follows every flicker would change everybody's share all the time. */
const step = 1.1;

/**
 * What a task could use, judged by what it did with what it had.
 *
 * @param stretches newest first
 * @param equal what each would get if all were alike, in bytes per second: the least a task asks for follows from it, since one that
 *   asked for nothing could never show that it wants more
 * @returns bytes per second; `Infinity` where its limit is what holds it back
 */
export function demandOf(stretches: readonly Stretch[], equal: number): number {
  const { ms, allowed, moved } = sumOf(betweenNews(stretches));
  if (ms < enoughMs || sumOf(stretches).ms < memoryMs || moved >= allowed * heldBack) return Infinity;
  return Math.max(stepAbove((moved / ms) * 1000 * headroom), leastDemand(equal));
}

/** Bytes that are told of moved in all the time since the news before: so the time from the first news to the last is what counts. */
function betweenNews(stretches: readonly Stretch[]): readonly Stretch[] {
  let silentMs = 0;
  const last = stretches.findIndex(({ ms, moved }) => moved > 0 || (silentMs += ms) > newsMs);
  const first = stretches.findLastIndex(({ moved }) => moved > 0);
  return last < 0 ? [] : stretches.slice(last, first < last ? undefined : first);
}

function sumOf(stretches: readonly Stretch[]): Stretch {
  const sum = { ms: 0, allowed: 0, moved: 0 };
  for (const { ms, allowed, moved } of stretches) {
    sum.ms += ms;
    sum.allowed += allowed;
    sum.moved += moved;
  }
  return sum;
}

/** The smallest of the steps that is enough. */
function stepAbove(demand: number): number {
  return demand <= 0 ? 0 : Math.ceil(step ** Math.ceil(Math.log(demand) / Math.log(step)));
}

function leastDemand(equal: number): number {
  return Math.min(equal, Math.max(equal / 16, 256 * 1024));
}
