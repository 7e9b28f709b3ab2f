import type { Digest, Priority } from '@image-api/driver';
import type { ReadyPlan } from '../plan/make-plan.ts';
import { digestOf } from './digest-of.ts';
import { isHeld } from './is-held.ts';

/** The digest of the source, computed while it is copied. */
export interface EarlyDigest {
  /** `undefined` when the copy was held back meanwhile, and nothing was to run beside it unheld. */
  readonly digest: Promise<Digest | undefined>;
  /** Nobody wants it any more. Settles when nothing of it is left. */
  stop(): Promise<void>;
}

/**
 * Begin to hash the source along with the copy, where both ends are files here and nothing holds the copy back: one that is to be gentle is
 * not to be joined by a reader who is not.
 */
export function beginDigest(
  { plan, look: { from, to }, bound }: ReadyPlan,
  { priority, signal, heldBack }: { readonly priority: Priority; readonly signal: AbortSignal; readonly heldBack: AbortSignal },
): EarlyDigest | undefined {
  const here = [from, to].every(({ host, endpoint }) => host?.kind === 'local' && endpoint.facts.kind !== 'block');
  if (plan.verify !== 'sha256' || !here || isHeld(bound, priority)) return undefined;
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
