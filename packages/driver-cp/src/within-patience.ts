import type { TransferRequest } from '@image-api/driver';
import { withinPatience as within } from '@image-api/host';
import { cancelled, stalled } from './call-errors.ts';

/** What may end the wait for a call of the system, which itself cannot be ended. */
export interface Patience {
  readonly request: TransferRequest;
  readonly signal: AbortSignal;
  readonly stallMs: number;
}

/**
 * The outcome of `work`, unless it takes too long.
 *
 * @throws ImageError STALLED, or CANCELLED when it was cancelled and is not over soon
 */
export function withinPatience<T>(work: Promise<T>, { request, signal, stallMs }: Patience): Promise<T> {
  return within(work, { signal, stallMs, stalled: () => stalled(request, stallMs), cancelled: () => cancelled(request, signal) });
}
