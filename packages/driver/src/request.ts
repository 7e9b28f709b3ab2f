import type { Need } from './capabilities.ts';
import type { Digest, Endpoint, ImageFormat, KnownEndpoint } from './endpoint.ts';
import type { Limits, Priority } from './limits.ts';

/** What one driver is asked to do. Plain data, safe to print: no secrets. */
export interface TransferRequest {
  /** The task's id; the same over all its attempts. */
  readonly id: string;
  readonly from: KnownEndpoint;
  /** What the driver writes to: a private staging name beside the destination, or the destination itself where there is no staging. */
  readonly to: KnownEndpoint;
  /** The destination the user named; for messages only. */
  readonly name: Endpoint;
  /** `to` already holds an interrupted try, or a clone of the old image made by the core. Without it, a staging file is empty. */
  readonly held?: 'resume' | 'delta';
  /** The content's digest, where the caller knows it beforehand. */
  readonly digest?: Digest;
  /** The format to convert to. Absent: bytes arrive as they are. */
  readonly toFormat?: ImageFormat;
  /**
   * Whether what is at the destination may be replaced. The core sees to it wherever a host can look; on a route in place to where
   * none can (an rsync daemon), the driver must.
   */
  readonly overwrite: 'never' | 'replace';
  /**
   * How what arrived will be verified. For drivers that go where no host can look, and must compute digests themselves, and for those that
   * claim `hashes`; all others leave it to the core. `sha256`, too, where the core reads all of it back. `content` is the core's alone. Default
   * `size`.
   */
  readonly verify?: 'none' | 'size' | 'content' | 'sha256';
  /** In force from the first byte. */
  readonly limits: Limits;
  readonly priority: Priority;
  /**
   * What the caller insists on. Drivers that do not claim it are not asked; one that cannot keep a claim on the way it would go refuses in
   * `offer`. Default: nothing.
   */
  readonly needs?: readonly Need[];
  /** Options of this one copy for this driver, JSON-safe. The driver validates them in `offer`. */
  readonly driverOptions: Readonly<Record<string, unknown>>;
}
