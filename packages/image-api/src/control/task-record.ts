import { isImageError } from '@image-api/driver';
import type { Limits } from '@image-api/driver';
import type { Progress, Task, TaskResult, TaskState } from '../run/task.ts';

/** A task as other processes see it: plain data. */
export interface TaskRecord {
  readonly id: string;
  /** The process it runs in. */
  readonly pid: number;
  readonly state: TaskState;
  readonly from: string;
  readonly to: string;
  /** Absent until one was chosen. */
  readonly driver?: string;
  readonly progress: Progress;
  /** Where it can be used; absent until then. */
  readonly ready?: string;
  /** What is in force. */
  readonly limits: Limits;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly endedAt?: string;
  readonly result?: TaskResult;
  readonly error?: { readonly code: string; readonly message: string };
}

/** A task that can be shown to other processes of this user, and steered by them: a `Task`, or anything that can do as much. */
export interface SteerableTask extends Pick<
  Task,
  'id' | 'state' | 'driver' | 'progress' | 'image' | 'limits' | 'startedAt' | 'setLimits' | 'pause' | 'resume' | 'cancel'
> {
  readonly request: Pick<Task['request'], 'from' | 'to'>;
}

/** A task as it is at this moment. */
export function recordOf(task: SteerableTask): TaskRecord {
  const { id, state, request, driver, progress, image, limits, startedAt } = task;
  return {
    id,
    pid: process.pid,
    state,
    from: request.from,
    to: request.to,
    ...(driver !== undefined && { driver }),
    progress,
    ...(image && { ready: image.uri }),
    limits,
    startedAt: startedAt.toISOString(),
  };
}

/** The same when it has ended. */
export async function endedRecordOf(task: Task): Promise<TaskRecord> {
  const outcome = await task.wait().then(
    (result) => ({ result }),
    (error: unknown) => ({
      error: isImageError(error) ? { code: error.code, message: error.message } : { code: 'INTERNAL', message: String(error) },
    }),
  );
  return { ...recordOf(task), endedAt: new Date().toISOString(), ...outcome };
}
