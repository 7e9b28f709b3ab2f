import type { ImageFormat, ReadyImage, TransferReport, TransferRequest } from '@image-api/driver';
import type { ReadyPlan } from '../plan/make-plan.ts';
import type { EarlyDigest } from './early-digest.ts';

/** What there is to verify. */
export interface VerifyInput {
  readonly ready: ReadyPlan;
  readonly request: TransferRequest;
  readonly report: TransferReport;
  /** As which it could be used while it came. */
  readonly image: ReadyImage | undefined;
  /** Where the source is hashed while it is copied. */
  readonly early?: EarlyDigest | undefined;
  readonly signal: AbortSignal;
}

/** The format of what arrived: the one that was asked for, or the source's own. */
export function arrivedFormat({ look: { from } }: Pick<ReadyPlan, 'look'>, { toFormat }: Pick<TransferRequest, 'toFormat'>): ImageFormat {
  return toFormat ?? from.endpoint.facts.format ?? 'raw';
}
