import { performance } from 'node:perf_hooks';
import type { RunOptions } from '@image-api/driver';

/** Why a worker is ended before its time. */
export type Reason = 'cancelled' | 'deadline' | 'stalled';

export interface WatchedLimits {
  /** Resolves when the first of them is reached; else it never settles. */
  readonly reached: Promise<Reason>;
  readonly reason: Reason | undefined;
  /** To be called for each piece of output. */
  readonly onOutput: () => void;
  stop(): void;
}

/** Watch the signal, the deadline and the progress of a run. */
export function watchLimits(options: RunOptions): WatchedLimits {
  let reason: Reason | undefined;
  let outputs = 0;
  const stops: (() => void)[] = [];
  const reached = new Promise<Reason>((resolve) => {
    const reach = (because: Reason): void => resolve((reason ??= because));
    if (options.signal) stops.push(onAbort(options.signal, () => reach('cancelled')));
    if (options.deadlineMs !== undefined) stops.push(after(options.deadlineMs, () => reach('deadline')));
    if (options.stallMs !== undefined)
      stops.push(watchProgress(options.stallMs, options.progress ?? (() => outputs), () => reach('stalled')));
  });
  return {
    reached,
    get reason() {
      return reason;
    },
    onOutput: () => outputs++,
    stop: () => stops.forEach((stop) => stop()),
  };
}

function onAbort(signal: AbortSignal, action: () => void): () => void {
  if (signal.aborted) action();
  signal.addEventListener('abort', action, { once: true });
  return () => signal.removeEventListener('abort', action);
}

function after(ms: number, action: () => void): () => void {
  const timer = setTimeout(action, ms);
  return () => clearTimeout(timer);
}

function watchProgress(stallMs: number, progress: () => number, onStall: () => void): () => void {
  let seen = progress();
  let since = performance.now();
  const look = (): void => {
    const now = progress();
    if (now !== seen) since = performance.now();
    else if (performance.now() - since >= stallMs) onStall();
    seen = now;
  };
  const timer = setInterval(look, Math.max(10, Math.min(stallMs / 4, 1000)));
  return () => clearInterval(timer);
}
