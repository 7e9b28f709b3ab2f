import type { Progress } from 'image-api';
import type { Output } from '../world.ts';
import { percentOf, progressText } from './progress-text.ts';
import type { ProgressView } from './task-listener.ts';

/** A line now and then, for logs: at each quarter, and when ten seconds have passed without one. */
export function createProgressLines(stderr: Output, now: () => number): ProgressView {
  let last: LastLine = { atMs: now(), quarter: 0 };
  return {
    show: (progress) => {
      const atMs = now();
      if (!isLineDue(last, atMs, progress)) return;
      last = { atMs, quarter: quarterOf(progress) };
      stderr.write(`imagectl: ${progressText(progress)}\n`);
    },
    clear: () => undefined,
  };
}

/** When the last line was written, or the copy began, and how many quarters it told of. */
export interface LastLine {
  readonly atMs: number;
  readonly quarter: number;
}

const silenceMs = 10_000;

export function isLineDue(last: LastLine, atMs: number, progress: Progress): boolean {
  const quarter = quarterOf(progress);
  // The end has a line of its own, with more in it.
  const crossed = quarter > last.quarter && quarter < 4;
  return crossed || atMs - last.atMs >= silenceMs;
}

function quarterOf(progress: Progress): number {
  return Math.floor((percentOf(progress) ?? 0) / 25);
}
