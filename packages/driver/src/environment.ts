import type { Host } from './host.ts';

/** Where a driver's remarks go. Nothing here is ever a promise, and no secret may be in it. */
export interface Logger {
  debug(message: string, details?: Readonly<Record<string, unknown>>): void;
  warn(message: string, details?: Readonly<Record<string, unknown>>): void;
}

/** What a driver may ask of the place it runs in. */
export interface Environment {
  /** This machine. */
  readonly local: Host;
  readonly logger: Logger;
}

/** The answer of `probe`: is what the driver needs present on this machine? */
export type Availability =
  | {
      readonly available: true;
      /** Tool and version, for `imagectl drivers`. */
      readonly detail: string;
      /** Advice for `imagectl doctor`. */
      readonly warnings?: readonly string[];
    }
  | { readonly available: false; /** What is missing, in words a user can act on. */ readonly reason: string };
