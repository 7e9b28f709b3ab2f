import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { ImageError } from '@image-api/driver';
import type { Host, RunOptions, RunResult } from '@image-api/driver';
import { QmpError, connectQmp } from '@image-api/qmp';
import type { Qmp } from '@image-api/qmp';
import { Daemon } from './daemon.ts';
import { daemonArgs } from './daemon-args.ts';
import type { DaemonLimits } from './daemon-args.ts';

export interface DaemonOptions extends Pick<RunOptions, 'signal' | 'stallMs' | 'progress' | 'idle'> {
  /** This machine. */
  readonly host: Host;
  /** A private directory for its monitor; left as it was found. */
  readonly directory: string;
  readonly limits: DaemonLimits;
}

const pollMs = 3;
const greetingTimeoutMs = 1000;
/** It takes a hundredth of this. */
const startMs = 15_000;
/** From the wish that it ends to KILL. */
const killAfterMs = 1000;

/**
 * Start a storage daemon as a worker: it dies with us, even if we are killed with -9. What it serves and moves is up to whoever holds its
 * monitor.
 *
 * `signal`, `stallMs` and `progress` are those of `Host.run`: they end the daemon, and `Daemon.failed` tells why.
 *
 * @throws ImageError `TOOL_MISSING`, `TOOL_FAILED` with its words, `RESOURCES`, `CANCELLED`
 */
export async function startDaemon({ host, directory, limits, signal, ...watching }: DaemonOptions): Promise<Daemon> {
  const path = join(directory, 'monitor');
  // One that was killed leaves its socket behind.
  await rm(path, { force: true });
  const stop = new AbortController();
  const stopping = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
  const running = host.run('prlimit', daemonArgs(path, limits), { ...watching, signal: stopping, killAfterMs });
  // Awaited below, or by whoever has the daemon.
  running.catch(() => undefined);
  try {
    const monitor = await Promise.race([openMonitor(path, stopping), endedEarly(running)]);
    return new Daemon({ monitor, running, monitorPath: path, stop: () => stop.abort() });
  } catch (error) {
    stop.abort();
    await running.catch(() => undefined);
    await rm(path, { force: true });
    throw error;
  }
}

async function openMonitor(path: string, signal: AbortSignal): Promise<Qmp> {
  for (const endsAtMs = performance.now() + startMs; performance.now() < endsAtMs && !signal.aborted;) {
    const monitor = await connectQmp(path, { signal, greetingTimeoutMs }).catch(unlessTooEarly);
    if (monitor) return monitor;
    await sleep(pollMs);
  }
  throw new ImageError('qemu-storage-daemon was started and opens no monitor; look whether the machine is overloaded', {
    code: signal.aborted ? 'CANCELLED' : 'TOOL_FAILED',
    origin: 'driver',
    driver: 'qemu-stream',
    retryable: !signal.aborted,
    untouched: true,
  });
}

/** One that is spoken to in the moment it comes up may greet twice, or forget that it was; the next connection is a clean one. */
function unlessTooEarly(error: unknown): undefined {
  if (!(error instanceof QmpError)) throw error;
}

async function endedEarly(running: Promise<RunResult>): Promise<never> {
  const { exitCode, signal, stderr } = await running;
  const words = stderr.trim().split('\n').at(-1) ?? '';
  throw new ImageError(`qemu-storage-daemon does not start (${signal ?? `exit status ${exitCode}`}): ${words}`, {
    code: 'TOOL_FAILED',
    origin: 'driver',
    driver: 'qemu-stream',
    untouched: true,
    details: { exitCode, signal, stderr: stderr.slice(-2000) },
  });
}
