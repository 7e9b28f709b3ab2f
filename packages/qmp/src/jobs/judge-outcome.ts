import type { JobInfo } from '../block-objects.ts';
import type { QmpEvent } from '../qmp-events.ts';
import type { JobOutcome } from './job.ts';

/** The last event of a block job; jobs of other kinds have none. */
export type LastEvent = Extract<QmpEvent, { name: 'BLOCK_JOB_COMPLETED' | 'BLOCK_JOB_CANCELLED' }>;

/** What QEMU gives as the error of a job that was cancelled: the system's words, which it never translates. */
const cancelled = 'Operation canceled';

/**
 * How a job ended, by its last event or, where that was not heard or is none, by what it said when asked.
 *
 * @returns undefined when neither is known
 */
export function judgeOutcome(lastEvent: LastEvent | undefined, info: JobInfo | undefined): JobOutcome | undefined {
  if (lastEvent?.name === 'BLOCK_JOB_CANCELLED') return { result: 'cancelled' };
  if (!lastEvent && !info) return undefined;
  const error = (lastEvent ?? { data: undefined }).data?.error ?? info?.error;
  if (error === undefined) return { result: 'completed' };
  return !lastEvent && error === cancelled ? { result: 'cancelled' } : { result: 'failed', reason: error };
}
