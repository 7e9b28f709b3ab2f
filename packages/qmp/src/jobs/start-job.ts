import { randomBytes } from 'node:crypto';
import { QmpError } from '../qmp-error.ts';
import type { QmpCommands } from '../qmp-commands.ts';
import type { QmpObject } from '../qmp-value.ts';
import type { ExecuteOptions, Qmp } from '../qmp.ts';
import { JobWatch } from './job-watch.ts';
import type { Job } from './job.ts';
import { QmpJob } from './qmp-job.ts';

/** The commands that start a job. */
export type JobCommand = 'block-stream' | 'block-commit' | 'blockdev-mirror' | 'blockdev-backup' | 'blockdev-create';

/** What they take; the id is made up where none is given, and dismissing the job is our part. */
export type JobArguments<Name extends JobCommand> = Omit<QmpCommands[Name]['arguments'], 'job-id' | 'auto-dismiss'> & {
  readonly 'job-id'?: string;
};

/**
 * Start a job, and follow it.
 *
 * It is made not to dismiss itself, so that its outcome can still be asked for when the connection is lost and found again.
 *
 * @throws QmpError when it could not be started; of kind `closed` or `timeout` also when it may have been: `followJob` tells
 */
export async function startJob<Name extends JobCommand>(
  qmp: Qmp,
  command: Name,
  commandArguments: JobArguments<Name>,
  options?: ExecuteOptions,
): Promise<Job> {
  const id = commandArguments['job-id'] ?? `job-${randomBytes(6).toString('hex')}`;
  const watch = new JobWatch(qmp, id);
  const dismiss = command === 'blockdev-create' ? {} : { 'auto-dismiss': false };
  try {
    await qmp.executeOther(command, { ...(commandArguments as QmpObject), 'job-id': id, ...dismiss }, options);
  } catch (error) {
    watch.forget();
    throw error;
  }
  return new QmpJob(qmp, watch);
}

/**
 * Follow a job that was started before, or by somebody else.
 *
 * @throws QmpError of class `DeviceNotActive` when there is none of that id
 */
export async function followJob(qmp: Qmp, id: string): Promise<Job> {
  const watch = new JobWatch(qmp, id);
  if (await watch.look()) return new QmpJob(qmp, watch);
  watch.forget();
  throw new QmpError(`there is no job ${id}`, { kind: 'command', class: 'DeviceNotActive' });
}
