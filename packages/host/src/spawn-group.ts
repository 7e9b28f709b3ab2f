import { execa } from 'execa';
import type { Options, ResultPromise } from 'execa';
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
export async function spawnGroup(
  command: Command,
  options: GroupOptions,
): Promise<{ readonly child: ResultPromise; readonly pid: number }> {
  if (command.args.some((word) => word.includes('\0'))) throw notStarted(command, { code: 'EINVAL' });
  const settings: Options = {
    env: options.environment,
    extendEnv: false,
    detached: true,
    cleanup: false,
    reject: false,
    buffer: false,
    stdio: [options.stdin === 'hold' ? 'pipe' : 'ignore', 'pipe', 'pipe', ...(options.descriptors ?? [])] as NonNullable<Options['stdio']>,
  };
  const child = execa(command.file, [...command.args], settings);
  if (child.pid === undefined) throw notStarted(command, await child);
  // Wrapped, because returning the child from here would wait for its end.
  return { child, pid: child.pid };
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
