/** One stretch of a task's time: what it was allowed, and what it moved. */
export interface Stretch {
  readonly ms: number;
  /** Bytes. */
  readonly allowed: number;
  /** Bytes. */
  readonly moved: number;
}

/** So far back it matters what was used: reports of some drivers come four times a second. */
export const memoryMs = 2000;
/** Who uses that part of what it may is held back by it. */
const heldBack = 0.8;
/** Room to grow for who is not. */
const headroom = 1.25;
/** Steps of a demand: one that follows every flicker would change everybody's share all the time. */
const step = 1.1;

/**
 * What a task could use, judged by what it did with what it had.
 *
 * @param equal what each would get if all were alike, in bytes per second: the least a task asks for follows from it, since one that
 *   asked for nothing could never show that it wants more
 * @returns bytes per second; `Infinity` where its limit is what holds it back
 */
export function demandOf(stretches: readonly Stretch[], equal: number): number {
  const total = { ms: 0, allowed: 0, moved: 0 };
  for (const { ms, allowed, moved } of stretches) {
    total.ms += ms;
    total.allowed += allowed;
    total.moved += moved;
  }
  if (total.ms < memoryMs || total.moved >= total.allowed * heldBack) return Infinity;
  return Math.max(stepAbove((total.moved / total.ms) * 1000 * headroom), leastDemand(equal));
}

/** The smallest of the steps that is enough. */
function stepAbove(demand: number): number {
  return demand <= 0 ? 0 : Math.ceil(step ** Math.ceil(Math.log(demand) / Math.log(step)));
}

function leastDemand(equal: number): number {
  return Math.min(equal, Math.max(equal / 16, 256 * 1024));
}
