import { setTimeout as sleep } from 'node:timers/promises';
import { ImageError, isImageError } from '@image-api/driver';
import type { Patience } from './range-reader.ts';

const firstPauseMs = 250;
const longestPauseMs = 10_000;
const longestAskedMs = 60_000;
/** So many bytes are worth being patient anew. */
const progressWorth = 64 * 1024;

/** What is done again when it fails. */
export interface Effort<T> extends Patience {
  /** For messages. */
  readonly name: string;
  readonly signal: AbortSignal;
  once(): Promise<T>;
  /** Bytes that have come, over all tries. */
  progress?(): number;
  /** How long whoever failed asked us to wait. Longer than a minute is not waited. */
  askedMs?(error: ImageError): number;
}

/** Try until it works, its error is one that stays, or patience is at an end. */
export async function keepTrying<T>(effort: Effort<T>): Promise<T> {
  const { patienceMs = 60_000, signal, onTrouble, progress = () => 0 } = effort;
  let [sinceMs, came, tries] = [performance.now(), progress(), 0];
  for (let troubled = false; ; troubled = true) {
    try {
      if (signal.aborted) throw givenUp(effort);
      const done = await effort.once();
      if (troubled) onTrouble?.(undefined);
      return done;
    } catch (error) {
      if (signal.aborted) throw givenUp(effort);
      if (!isImageError(error) || !error.retryable) throw error;
      if (progress() - came >= progressWorth) [sinceMs, came, tries] = [performance.now(), progress(), 0];
      const waitMs = Math.max(pauseMs(tries++, Math.random()), Math.min(longestAskedMs, effort.askedMs?.(error) ?? 0));
      if (performance.now() - sinceMs + waitMs > patienceMs) throw error;
      onTrouble?.(error);
      await sleep(waitMs, undefined, { signal }).catch(() => Promise.reject(givenUp(effort)));
    }
  }
}

/** Twice as long each time, and never two readers in step. */
export function pauseMs(tries: number, chance: number): number {
  return Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(tries, 16)) * (0.8 + 0.4 * chance);
}

/** Why a read was ended that somebody ended. */
export function givenUp({ name, signal }: { readonly name: string; readonly signal: AbortSignal }): ImageError {
  const reason: unknown = signal.reason;
  if (isImageError(reason)) return reason;
  return new ImageError(`reading ${name} was cancelled`, { code: 'CANCELLED', origin: 'caller', cause: reason });
}
