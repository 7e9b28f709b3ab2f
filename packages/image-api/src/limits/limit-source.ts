/** Where a task's limit comes from while it runs: a budget it shares with others, the pressure on the machine. */
export interface LimitSource {
  /**
   * What it may use to begin with, in bytes per second; `undefined` is no limit. Resolves when it is allowed to begin, which may take a
   * second where others have to make room. Rejects with CANCELLED.
   */
  begin(signal: AbortSignal): Promise<number | undefined>;
  /**
   * Called after `begin()`, at most four times a second, whenever the limit changes, with the reason in words. A listener that comes
   * later takes the place of the one before.
   */
  follow(listener: (change: LimitChange) => void): void;
  /** Bytes moved since the last call, of the kind that the driver charges for. Cheap; call it often. */
  moved(bytes: number): void;
  /** Whether the task stands still because it was told to: it wants nothing then. */
  paused(isPaused: boolean): void;
  /** Give everything back. Nothing is told to the listener any more. */
  close(): Promise<void>;
}

export interface LimitChange {
  /** Bytes per second, a positive whole number; `undefined` is no limit. */
  readonly bandwidth: number | undefined;
  /** One phrase, for an event: `3 copies share 60 MiB/s in the group host`. */
  readonly reason: string;
  /** Part of standing still for a moment to find something out: it has to be kept, but need not be told to people. */
  readonly isPassing?: true;
}
