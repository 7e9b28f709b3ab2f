import type { Host, TransferContext, TransferRequest } from '@image-api/driver';
import type { CpOptions } from './cp-options.ts';

/** One copy under way. */
export interface CopyJob {
  readonly request: TransferRequest;
  readonly context: TransferContext;
  /** The machine both ends are on. */
  readonly host: Host;
  readonly settings: Required<CpOptions>;
}
