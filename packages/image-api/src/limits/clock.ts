/** Time for things that act on their own; tests bring theirs. */
export interface Clock {
  /** Milliseconds that never jump and never go back. */
  nowMs(): number;
  /** Do `work` every `periodMs`, as well as it goes, until the function it returns is called. */
  every(periodMs: number, work: () => void): () => void;
}

/** The clock of this machine. */
export const machineClock: Clock = {
  nowMs: () => performance.now(),
  every: (periodMs, work) => {
    const timer = setInterval(work, periodMs);
    return () => clearInterval(timer);
  },
};
