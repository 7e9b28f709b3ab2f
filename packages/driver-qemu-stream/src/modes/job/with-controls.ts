import type { TransferContext } from '@image-api/driver';
import type { JobRunner } from './job-runner.ts';

/** Let a copy be paused and its limit be changed while `work` is under way. */
export async function withControls<T>(
  { onControl }: Pick<TransferContext, 'onControl'>,
  jobs: Pick<JobRunner, 'pause' | 'resume' | 'setLimits'>,
  work: () => Promise<T>,
): Promise<T> {
  const takeBack = [
    onControl('pause', () => jobs.pause()),
    onControl('resume', () => jobs.resume()),
    onControl('limits', (limits) => jobs.setLimits(limits)),
  ];
  try {
    return await work();
  } finally {
    for (const undo of takeBack) undo();
  }
}
