import type { JobStatus } from '../block-objects.ts';
import type { QmpError } from '../qmp-error.ts';
import type { ExecuteOptions } from '../qmp.ts';
import type { QmpInteger } from '../qmp-value.ts';

/** How a job ended. */
export type JobOutcome =
  | { readonly result: 'completed' }
  | { readonly result: 'cancelled' }
  /** `reason` is QEMU's words, for people. */
  | { readonly result: 'failed'; readonly reason: string }
  /** The monitor went away, or somebody else dismissed the job, before it could be asked. */
  | { readonly result: 'unknown'; readonly reason: QmpError };

export interface JobProgress {
  readonly status: JobStatus;
  /** Bytes, for most jobs. They pass over what need not be copied, so they are no bytes moved. */
  readonly done: number;
  /** May still grow, as long as the job runs. */
  readonly total: number;
  /** Bytes per second; 0 is no limit. Absent for jobs without speed, such as the making of an image. */
  readonly speed?: number;
  /** It was paused, by request or (`on-error: stop`) by an error; `failed` and `nospace` say that it was that. */
  readonly paused?: boolean;
  readonly ioStatus?: 'ok' | 'failed' | 'nospace';
}

/** A status that a job can be waited for to reach. */
export type JobMoment = 'running' | 'paused' | 'ready' | 'standby' | 'pending';

/** A background job of QEMU. */
export interface Job {
  readonly id: string;

  /** The last status heard of. */
  readonly status: JobStatus;

  /** Resolves when it has ended. Never rejects, and is exact: a job that was to be cancelled, but had finished, is `completed`. */
  readonly outcome: Promise<JobOutcome>;

  /** @returns ends it */
  onStatus(listener: (status: JobStatus) => void): () => void;

  /**
   * Resolves as soon as it has that status, true; or once it has ended without, false.
   *
   * @throws what the signal's reason is, when it is aborted
   */
  reached(moment: JobMoment, signal?: AbortSignal): Promise<boolean>;

  /** @throws QmpError when the job is no more */
  progress(options?: ExecuteOptions): Promise<JobProgress>;

  /** Bytes per second; 0 is no limit. In force at once, also while the job sleeps to keep the former. */
  setSpeed(bytesPerSecond: QmpInteger, options?: ExecuteOptions): Promise<void>;

  /** What is under way is still finished; `reached('paused')` tells when. Nothing happens to one that is paused already. */
  pause(options?: ExecuteOptions): Promise<void>;

  /** Also after an error that stopped it. Nothing happens to one that is not paused. */
  resume(options?: ExecuteOptions): Promise<void>;

  /** At `ready`: let the copy take the place of what was copied (mirror), or the base that of its overlay (commit). */
  complete(options?: ExecuteOptions): Promise<void>;

  /** At `ready` of a mirror: end it with a copy of this moment, nothing replaced. It is then `completed`. */
  finishCopy(options?: ExecuteOptions): Promise<void>;

  /** At `pending`: take the last step. Until then it can be cancelled. */
  finalize(options?: ExecuteOptions): Promise<void>;

  /**
   * Ask it to end, and wait until it has.
   *
   * @returns what really happened
   * @throws what the signal's reason is, when it is aborted: a job whose disk hangs does not end
   */
  cancel(options?: ExecuteOptions): Promise<JobOutcome>;
}
