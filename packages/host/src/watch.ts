import { setTimeout as sleep } from 'node:timers/promises';

/** When to look, in milliseconds. */
export interface WatchPace {
  /** Until the first look. Each pause after it is twice as long, so that what is short is looked at often, what is long seldom. */
  readonly firstMs: number;
  /** The longest pause. */
  readonly lastMs: number;
}

/** How long a look under way is waited for in the end. */
const patienceMs = 1000;

/**
 * Take a look again and again while something else works, never two at once: how tools that do not tell are seen to move.
 *
 * @param look one that fails tells nothing, and is no reason to stop: if what it looks at is gone, the tool has to explain that
 * @param onSeen never called again once the watch was stopped, though a look may still be under way
 * @returns stops the watch. Resolves when no look is under way, or when that takes longer than a second.
 */
export function watch<T>(look: () => Promise<T>, onSeen: (seen: T) => void, { firstMs, lastMs }: WatchPace): () => Promise<void> {
  const stopping = new AbortController();
  const watching = (async () => {
    for (let ms = firstMs; await pause(ms, stopping.signal); ms = Math.min(lastMs, ms * 2)) {
      const seen = await look().catch(() => undefined);
      if (seen !== undefined && !stopping.signal.aborted) onSeen(seen);
    }
  })();
  return async () => {
    stopping.abort();
    const waited = new AbortController();
    await Promise.race([watching, pause(patienceMs, waited.signal)]);
    waited.abort();
  };
}

/** Answers false as soon as the signal says so. */
async function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  return sleep(ms, true, { signal }).catch(() => false);
}
