import { setTimeout as sleep } from 'node:timers/promises';
import { isImageError } from '@image-api/driver';
import type { TransferContext, TransferRequest } from '@image-api/driver';
import { QmpError } from '@image-api/qmp';
import type { Daemon } from '../../daemon/daemon.ts';
import { startDaemon } from '../../daemon/start-daemon.ts';
import type { Settings } from '../../qemu-stream-options.ts';
import { jobError } from './job-error.ts';
import { JobFailure } from './job-runner.ts';

/** How long the end of a daemon may lag behind that of its connections. */
const lagMs = 3000;

/**
 * Do a copy by a storage daemon that lives no longer than that.
 *
 * @param progress for the watchdog: changes while the copy is well
 * @throws ImageError, whatever it was
 */
export async function withDaemon<T>(
  request: TransferRequest,
  { env, scratchDir: directory, signal }: TransferContext,
  settings: Settings,
  progress: () => number,
  work: (daemon: Daemon) => Promise<T>,
): Promise<T> {
  const daemon = await startDaemon({ host: env.local, directory, limits: settings, signal, stallMs: settings.stallMs, progress });
  const working = work(daemon);
  try {
    return await Promise.race([working.catch((error: unknown) => explain(daemon, signal, error)), daemon.failed]);
  } catch (error) {
    throw jobError(error, undefined, request);
  } finally {
    await daemon.end();
    await working.catch(() => undefined);
  }
}

/** What was connected to a daemon that ended knows only that the connection is over. */
async function explain({ failed }: Daemon, { aborted }: AbortSignal, error: unknown): Promise<never> {
  const isToldWell = isImageError(error) || error instanceof JobFailure || (error instanceof QmpError && error.kind === 'command');
  if (aborted || !isToldWell) await Promise.race([failed, sleep(lagMs, undefined, { ref: false })]);
  throw error;
}
