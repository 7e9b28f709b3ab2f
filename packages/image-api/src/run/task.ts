import type { Counters, Digest, ImageError, Limits, ReadyImage } from '@image-api/driver';
import type { CopyOptions } from '../copy-options.ts';
import type { Plan } from '../plan/plan.ts';

/** Where a task stands. The last three are final. */
export type TaskState = 'queued' | 'running' | 'paused' | 'succeeded' | 'failed' | 'cancelled';

/** How far a task is. */
export interface Progress extends Counters {
  /** `plan`, `copy`, `verify`, `publish`, or a driver's own word while it copies. */
  readonly phase: string;
  /** Absent while nothing is known. */
  readonly total?: { readonly bytes: number; readonly certainty: 'exact' | 'estimated' };
  /** Image bytes per second, over the last few seconds. */
  readonly rate: number;
  /** Absent while it cannot be told. */
  readonly secondsLeft?: number;
}

/** What bounds a task. The whole set: what is absent is lifted. */
export interface TaskLimits extends Limits {
  /** `bandwidth` is the budget of all tasks of this user that name the same group, which share it fairly. */
  readonly group?: string;
  /** Follow the pressure on this machine's disks, up to `bandwidth` if there is one. Not with a group. */
  readonly auto?: true;
}

/** One try of one driver. */
export interface AttemptRecord {
  readonly driver: string;
  /** From 1, over all drivers. */
  readonly number: number;
  readonly seconds: number;
  /** Absent if it succeeded. */
  readonly error?: { readonly code: string; readonly message: string };
  /** Bytes of an earlier try that it went on from. */
  readonly kept?: number;
}

/** What a finished copy is. */
export interface TaskResult {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  /** The driver that did it. */
  readonly driver: string;
  readonly attempts: readonly AttemptRecord[];
  readonly counters: Counters;
  /** From the call to the published name. */
  readonly seconds: number;
  readonly verified: Verified;
  readonly size?: number;
  /**
   * The image was let go of before all of it had come, as it was asked for (only what is read is fetched). Nothing was published; what is
   * there is in this private file, which the same copy goes on from where its source can be told to be the same. Absent for a complete copy.
   */
  readonly incomplete?: string;
  /** What did not go as it was planned, though the copy succeeded: one phrase each. Absent when there is nothing to tell. */
  readonly warnings?: readonly string[];
}

/** What was really checked. */
export type Verified =
  /**
   * Both ends have this digest. `readBack: 'sample'`: that of what arrived was made of the bytes as they were written, and only a sample of
   * them was read again and compared; without it, all were.
   */
  | { readonly by: 'sha256'; readonly digest: Digest; readonly readBack?: 'sample' }
  | { readonly by: 'size' }
  /**
   * All that is not zeros was compared; of a converted copy what a guest sees, block by block. `readBack: 'sample'`: the driver wrote the very
   * bytes that it read, and only a sample was read again.
   */
  | { readonly by: 'content'; readonly readBack?: 'sample' }
  /**
   * Of an image that could be written to while it came, and so need not equal its source any more: it came without error, needs no other
   * image, and is sound in itself. Of a running VM's disk: the job's own outcome.
   */
  | { readonly by: 'chain' }
  | { readonly by: 'unverified'; readonly reason: string };

export type TaskEvent =
  | { readonly type: 'plan'; readonly plan: Plan }
  | {
      readonly type: 'attempt';
      readonly driver: string;
      readonly number: number;
      readonly held?: 'resume' | 'delta';
      /** Bytes of an earlier try that it goes on from. */
      readonly kept?: number;
      /** It has not begun yet: it will after this pause. */
      readonly retryInSeconds?: number;
      /** Why the one before it failed. */
      readonly after?: { readonly code: string; readonly message: string };
    }
  | { readonly type: 'progress'; readonly progress: Progress }
  | { readonly type: 'ready'; readonly uri: string }
  /** What is in force now; `reason` where nobody asked for the change. */
  | { readonly type: 'limits'; readonly limits: Limits; readonly reason?: string }
  | { readonly type: 'state'; readonly state: TaskState }
  | { readonly type: 'result'; readonly result: TaskResult }
  | { readonly type: 'error'; readonly error: ImageError };

/**
 * A copy under way. It starts by itself; nothing need be awaited for it to go on. A failure that nobody awaits is not an
 * unhandled rejection.
 *
 * A task is deliberately not a promise: returning it from an async function hands it on, running.
 *
 * Iterating gives every event from the first on, however late one starts, with progress events thinned to the newest; it ends
 * after `result` or `error`, and never throws.
 */
export interface Task extends AsyncIterable<TaskEvent> {
  readonly id: string;
  /** What was asked for. */
  readonly request: { readonly from: string; readonly to: string; readonly options: CopyOptions };
  /** Absent until planning is over. */
  readonly plan: Plan | undefined;
  readonly state: TaskState;
  /** The driver that copies, or did last; absent until one was chosen. */
  readonly driver: string | undefined;
  /** What is in force. */
  readonly limits: Limits;
  readonly startedAt: Date;
  /** What `ready()` resolves with; absent until the image can be used. */
  readonly image: ReadyImage | undefined;
  readonly progress: Progress;
  /** Usable at `uri`. For drivers without `readyEarly` it resolves with `wait()`. */
  ready(): Promise<ReadyImage>;
  /** Complete, verified and published. Rejects with an `ImageError`. */
  wait(): Promise<TaskResult>;
  /** Stop moving bytes. Rejects with `UNSUPPORTED` when the driver cannot. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Replace the whole set of limits; answers what is in force. Rejects with `UNSUPPORTED` when the driver cannot. */
  setLimits(limits: TaskLimits): Promise<Limits>;
  /** End it and clean up. Resolves with what really happened: it may have finished just before. */
  cancel(reason?: string): Promise<'cancelled' | 'succeeded' | 'failed'>;
}
