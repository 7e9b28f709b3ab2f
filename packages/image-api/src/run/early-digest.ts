import type { Digest, Priority } from '@image-api/driver';
import type { ReadyPlan } from '../plan/make-plan.ts';
import { wantsDigest } from '../plan/wants-digest.ts';
import { digestOf } from './digest-of.ts';
import { isFileHere } from './is-file-here.ts';
import { isHeld } from './is-held.ts';

/** The digest of the source, computed while it is copied. */
export interface EarlyDigest {
  /** `undefined` when the copy was held back meanwhile, and nothing was to run beside it unheld. */
  readonly digest: Promise<Digest | undefined>;
  /** Nobody wants it any more. Settles when nothing of it is left. */
  stop(): Promise<void>;
}

/**
 * Begin to hash the source along with the copy, where it is a file here and nothing holds the copy back: one that is to be gentle is not to be
 * joined by a reader who is not.
 */
export function beginDigest(
  { plan, look: { from }, bound }: ReadyPlan,
  { priority, signal, heldBack }: { readonly priority: Priority; readonly signal: AbortSignal; readonly heldBack: AbortSignal },
): EarlyDigest | undefined {
  if (!wantsDigest(plan.verify) || !isFileHere(from) || isHeld(bound, priority)) return undefined;
  const unwanted = new AbortController();
  const digest = digestOf('source', from.host, from.endpoint, AbortSignal.any([signal, unwanted.signal, heldBack])).catch(
    (error: unknown) => {
      if (heldBack.aborted && !signal.aborted) return undefined;
      throw error;
    },
  );
  const settled = digest.then(
    () => undefined,
    () => undefined,
  );
  return {
    digest,
    stop: () => {
      unwanted.abort();
      return settled;
    },
  };
}
