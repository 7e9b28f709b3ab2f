/** What may end the wait for a call of the system, which itself cannot be ended. */
export interface CallPatience {
  readonly signal: AbortSignal;
  readonly stallMs: number;
  /** What to fail with when it takes longer than that. */
  stalled(): Error;
  /** What to fail with when it was cancelled and is not over soon. */
  cancelled(): Error;
}

/** From a cancel on, what is under way has this long to be done: it most often is in an instant, and nothing is then left over. */
const cancelMs = 1000;

/**
 * The outcome of `work`, unless it takes too long; then what `patience` says.
 */
export function withinPatience<T>(work: Promise<T>, { signal, stallMs, stalled, cancelled }: CallPatience): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const stall = setTimeout(() => end(() => reject(stalled())), stallMs);
    let late: NodeJS.Timeout | undefined;
    const onAbort = (): void => void (late = setTimeout(() => end(() => reject(cancelled())), cancelMs));
    const end = (settle: () => void): void => {
      clearTimeout(stall);
      clearTimeout(late);
      signal.removeEventListener('abort', onAbort);
      settle();
    };
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    work.then(
      (value) => end(() => resolve(value)),
      (error: unknown) => end(() => reject(error instanceof Error ? error : new Error(String(error)))),
    );
  });
}
