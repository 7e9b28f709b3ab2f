import type { ImageFormat, KnownEndpoint, Limits, Need, Priority } from '@image-api/driver';

/** What is asked of the drivers: the promises a copy needs kept. */
export interface Wish {
  readonly from: KnownEndpoint;
  readonly to: KnownEndpoint;
  /** Claims a driver must have. */
  readonly needs: readonly Need[];
  readonly limits: Limits;
  /** The only driver to use, by id. */
  readonly driver?: string;
  /** Begin with a clone of what is at the destination. */
  readonly delta?: boolean;
  /** Absent: bytes arrive as they are. */
  readonly toFormat?: ImageFormat;
  readonly priority: Priority;
}
