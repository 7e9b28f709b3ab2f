import type { TransferContext, TransferRequest } from '@image-api/driver';
import type { HttpOptions } from './http-options.ts';

/** One copy under way. */
export interface WebJob {
  readonly request: TransferRequest;
  readonly context: TransferContext;
  readonly settings: Required<HttpOptions>;
}
