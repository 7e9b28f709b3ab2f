import type { SwarmStats } from '../engine/swarm-engine.ts';

/** Notices that no piece was verified for a while. Time in which nothing should come, because it was paused, does not count. */
export class StallJudge {
  readonly #stallMs: number;
  #state = '';
  #since: number;

  /** @param nowMs of a clock that never jumps, in milliseconds, as below */
  constructor(stallMs: number, nowMs: number) {
    this.#stallMs = stallMs;
    this.#since = nowMs;
  }

  /**
   * This is how it is now. True when it has been like that for too long.
   *
   * @param bandwidth the limit, in bytes per second: at a low one, a piece takes a while
   */
  isStalled({ state, verified, pieces, size }: SwarmStats, nowMs: number, bandwidth: number = Infinity): boolean {
    const seen = `${state} ${verified}`;
    if (seen !== this.#state || state === 'paused' || state === 'checking') {
      this.#state = seen;
      this.#since = nowMs;
    }
    // Several pieces are under way at the same time.
    const pieceMs = (size / Math.max(1, pieces.total) / bandwidth) * 1000 * piecesUnderWay;
    return nowMs - this.#since >= this.#stallMs + pieceMs;
  }
}

const piecesUnderWay = 8;
