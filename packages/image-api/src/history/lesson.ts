/** What one past copy tells of the route it took. */
export interface Lesson {
  readonly driver: string;
  /** `AcceptedOffer.way`. */
  readonly way?: string;
  /** Bytes that really moved: what holes and packing saved is not among them. */
  readonly bytes: number;
  /** The seconds that the driver had promised. */
  readonly guess: number;
  /** The seconds in which the image moved and was safe on its disk; to plan and to verify it is not in them. */
  readonly seconds: number;
}

/** A copy that succeeded, as far as it matters whether it teaches anything. */
export interface PastCopy extends Lesson {
  /** Of how many. */
  readonly attempts: number;
  /** Bytes of an earlier try that it went on from. */
  readonly kept: number;
  /** It was paused, or its limit changed. */
  readonly steered: boolean;
  /** No other copy of this process ran at the same time. */
  readonly alone: boolean;
  /** Nothing went otherwise than it was offered, and all of the image came. */
  readonly asOffered: boolean;
  /** It was hashed while it moved, which may have taken longer than to move it, and is no part of what drivers guess. */
  readonly hashed: boolean;
}

/** Below these, a copy tells of the start of programs and of buffers that fill at once, not of the route. */
const leastBytes = 8 * 2 ** 20;
const leastGuess = 0.6;

/** What a copy teaches; `undefined` if it says nothing of how long the next one will take. */
export function lessonOf({ driver, way, bytes, guess, seconds, ...copy }: PastCopy): Lesson | undefined {
  const clean = copy.attempts === 1 && copy.kept === 0 && !copy.steered && copy.alone && copy.asOffered && !copy.hashed;
  if (!clean || bytes < leastBytes || guess < leastGuess || !(seconds > 0)) return undefined;
  return { driver, ...(way !== undefined && { way }), bytes, guess, seconds };
}
