import type { TransferRequest } from '@image-api/driver';
import type { ReadyPlan } from '../plan/make-plan.ts';
import { digestOf } from './digest-of.ts';
import type { Digests } from './digest-of.ts';
import { isFileHere } from './is-file-here.ts';
import { isHeld } from './is-held.ts';

/** The digest of the source, computed while it is copied. */
export interface EarlyDigest {
  /**
   * `undefined` when another kind is computed, or the copy was held back meanwhile, and nothing was to run beside it unheld.
   */
  digest<Kind extends keyof Digests>(kind: Kind): Promise<Digests[Kind] | undefined>;
  /** Nobody wants it any more. Settles when nothing of it is left. */
  stop(): Promise<void>;
}

/**
 * Begin to hash the source along with the copy, where it is a file here and nothing holds the copy back: one that is to be gentle is not to be
 * joined by a reader who is not.
 */
export function beginDigest(
  { look: { from, to }, bound }: ReadyPlan,
  { verify: kind, priority }: Pick<TransferRequest, 'verify' | 'priority'>,
  { signal, heldBack }: { readonly signal: AbortSignal; readonly heldBack: AbortSignal },
): EarlyDigest | undefined {
  if (kind !== 'sha256' && kind !== 'content') return undefined;
  if (!isFileHere(from) || isHeld(bound, priority)) return undefined;
  // Two files here are compared byte by byte.
  if (kind === 'content' && isFileHere(to)) return undefined;
  const unwanted = new AbortController();
  const either = AbortSignal.any([signal, unwanted.signal, heldBack]);
  const digest = digestOf(kind, { side: 'source', host: from.host, endpoint: from.endpoint, signal: either }).catch((error: unknown) => {
    if (heldBack.aborted && !signal.aborted) return undefined;
    throw error;
  });
  const settled = digest.then(
    () => undefined,
    () => undefined,
  );
  return {
    digest: async <Kind extends keyof Digests>(wanted: Kind) =>
      wanted === kind ? (digest as Promise<Digests[Kind] | undefined>) : undefined,
    stop: () => {
      unwanted.abort();
      return settled;
    },
  };
}
