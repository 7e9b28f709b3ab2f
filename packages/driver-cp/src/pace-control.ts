import type { Limits, TransferContext } from '@image-api/driver';
import { pieceLength } from '@image-api/host';

/** What the hand on a running copy has asked for. */
export class PaceControl {
  #limits: Limits;
  #paused: Promise<void> | undefined;
  #goOn: () => void = () => undefined;
  readonly #takeBack: readonly (() => void)[];

  /** @param settled resolves when nothing is under way */
  constructor(context: TransferContext, limits: Limits, settled: () => Promise<void>) {
    this.#limits = limits;
    const onAbort = (): void => this.#continue();
    context.signal.addEventListener('abort', onAbort, { once: true });
    this.#takeBack = [
      () => context.signal.removeEventListener('abort', onAbort),
      context.onControl('pause', async () => {
        this.#paused ??= new Promise((resolve) => (this.#goOn = resolve));
        await settled();
      }),
      context.onControl('resume', () => {
        this.#continue();
        return Promise.resolve();
      }),
      context.onControl('limits', (wanted) => Promise.resolve((this.#limits = wanted))),
    ];
  }

  /** How much to move at once, in bytes. */
  get pieceLength(): number {
    return pieceLength(this.#limits.bandwidth);
  }

  /** A checkpoint may have let a piece go just before the pause. */
  async whilePaused(): Promise<void> {
    while (this.#paused) await this.#paused;
  }

  stop(): void {
    for (const takeBack of this.#takeBack) takeBack();
  }

  #continue(): void {
    this.#paused = undefined;
    this.#goOn();
  }
}
