import { spawn } from 'node:child_process';
import type { ChildProcess, StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { ImageError } from '@image-api/driver';
import type { Command } from './worker-command.ts';

/** What spawning is told of a worker. */
export interface GroupOptions {
  /** The whole environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** `hold`: a pipe that stays open. Default: `/dev/null`. */
  readonly stdin?: 'hold';
  /** File descriptors of ours that the child gets as its 3, 4… */
  readonly descriptors?: readonly number[];
}

/**
 * Spawn a command as the leader of a process group of its own.
 *
 * @throws ImageError `RESOURCES` when the machine is out of processes or memory, `TOOL_FAILED` when it cannot be started at all
 */
export async function spawnGroup(command: Command, options: GroupOptions): Promise<{ readonly child: ChildProcess; readonly pid: number }> {
  const child = spawned(command, options);
  if (child.pid === undefined) throw notStarted(command, await failureOf(child));
  return { child, pid: child.pid };
}

function spawned(command: Command, { environment, stdin, descriptors = [] }: GroupOptions): ChildProcess {
  const stdio: StdioOptions = [stdin === 'hold' ? 'pipe' : 'ignore', 'pipe', 'pipe', ...descriptors];
  try {
    return spawn(command.file, [...command.args], { env: environment, detached: true, stdio });
  } catch (error) {
    throw notStarted(command, error as NodeJS.ErrnoException);
  }
}

/** Some failures to start are thrown, others told a moment later. */
async function failureOf(child: ChildProcess): Promise<NodeJS.ErrnoException> {
  const [failure] = (await once(child, 'error')) as [NodeJS.ErrnoException];
  return failure;
}

const scarce: ReadonlySet<string> = new Set(['EAGAIN', 'ENOMEM', 'EMFILE', 'ENFILE']);

/** Only the program is named: arguments and environment may hold more than a message should. */
function notStarted(command: Command, failure: { readonly code?: string | undefined }): ImageError {
  const why = failure.code ?? 'unknown reason';
  if (scarce.has(why)) {
    return new ImageError(
      `cannot start ${command.file}: the machine is out of processes, memory or open files (${why}); run fewer copies at once, or raise the limit`,
      {
        code: 'RESOURCES',
        origin: 'core',
        retryable: true,
        untouched: true,
        details: { errno: why },
      },
    );
  }
  return new ImageError(`cannot start ${command.file}: ${why}`, {
    code: 'TOOL_FAILED',
    origin: 'core',
    untouched: true,
    details: { errno: why },
  });
}
