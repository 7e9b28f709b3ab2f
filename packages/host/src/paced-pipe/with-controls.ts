import type { Limits, TransferContext } from '@image-api/driver';

/** What can be done to the bytes of a copy while they move. */
export interface Hand {
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Resolves with what is in force. */
  setLimits(limits: Limits): Promise<Limits>;
}

/** Let a copy be paused and its limit be changed for as long as the work takes. */
export async function withControls<T>({ onControl }: Pick<TransferContext, 'onControl'>, hand: Hand, work: () => Promise<T>): Promise<T> {
  const takeBack = [
    onControl('pause', () => hand.pause()),
    onControl('resume', () => hand.resume()),
    onControl('limits', (wanted) => hand.setLimits(wanted)),
  ];
  try {
    return await work();
  } finally {
    for (const undo of takeBack) undo();
  }
}
