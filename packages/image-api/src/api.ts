import type { Availability, Capabilities } from '@image-api/driver';
import type { GcOptions, GcReport } from './collect-garbage.ts';
import type { CopyOptions } from './copy-options.ts';
import type { Plan } from './plan/plan.ts';
import type { Task } from './run/task.ts';

/** A configured driver and whether it can work here. */
export interface DriverStatus {
  readonly id: string;
  readonly capabilities: Capabilities;
  readonly availability: Availability;
}

/** One configuration, its drivers, connections and queue. */
export interface ImageApi {
  /**
   * Start a copy. Returns before any I/O; mistakes in the arguments, too, are reported by the task.
   *
   * @param from a path or URI
   * @param to a path or URI; a name, never a directory to copy into
   */
  copy(from: string | URL, to: string | URL, options?: CopyOptions): Task;
  /** What `copy` would do, and why. Rejects only where no plan can be made at all (a missing source, a bad URI). */
  plan(from: string | URL, to: string | URL, options?: CopyOptions): Promise<Plan>;
  /** The configured drivers, in order, each probed. */
  drivers(): Promise<readonly DriverStatus[]>;
  /**
   * Remove what killed copies left: their private files at the destinations, here and over ssh, and their directories for sockets. What a
   * running copy uses is never touched. Places that could not be cleared are in the report.
   */
  gc(options?: GcOptions): Promise<GcReport>;
  /** Cancel what runs, close connections, end services. The instance cannot be used afterwards. */
  dispose(): Promise<void>;
}
