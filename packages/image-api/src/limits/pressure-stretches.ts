import type { PressureSample } from './pressure-control.ts';

/** The time between two looks at the pressure. */
export interface Stretch {
  readonly ms: number;
  readonly waitedMs: number;
  readonly moved: number;
}

/** So far back is remembered what happened. */
export const memoryMs = 1000;

export function stretchBetween(one: PressureSample, other: PressureSample): Stretch {
  return { ms: Math.max(0, other.atMs - one.atMs), waitedMs: Math.max(0, other.waitedMs - one.waitedMs), moved: other.moved };
}

/** The newest stretches, as many as the memory takes. */
export function recent(stretches: readonly Stretch[]): readonly Stretch[] {
  let beforeMs = 0;
  return stretches.filter(({ ms }) => {
    const isRecent = beforeMs < memoryMs;
    beforeMs += ms;
    return isRecent;
  });
}

/** Which part of the time somebody waited. */
export function partOf(stretches: readonly Stretch[]): number {
  return Math.min(1, total(stretches, 'waitedMs') / Math.max(1, lengthOf(stretches)));
}

/** Milliseconds. */
export function lengthOf(stretches: readonly Stretch[]): number {
  return total(stretches, 'ms');
}

/** Bytes per second. */
export function rateOf(stretches: readonly Stretch[]): number {
  return (total(stretches, 'moved') / Math.max(1, lengthOf(stretches))) * 1000;
}

export function partInWords(stretches: readonly Stretch[]): string {
  return `${Math.round(partOf(stretches) * 100)} % of the last ${(lengthOf(stretches) / 1000).toFixed(1)} s`;
}

function total(stretches: readonly Stretch[], field: keyof Stretch): number {
  return stretches.reduce((sum, stretch) => sum + stretch[field], 0);
}
