import { ImageError } from '@image-api/driver';
import type { RunOptions, RunResult } from '@image-api/driver';
import { childEnvironment } from './child-environment.ts';
import { escapeControl } from './escape-control.ts';
import { findTool } from './find-tool.ts';
import { idleCommand } from './idle-command.ts';
import { runWorker } from './run-worker.ts';
import { startWorker } from './worker.ts';
import type { Worker, WorkerOptions } from './worker.ts';
import { workerCommand } from './worker-command.ts';

/** Run a tool of this machine to its end. See `Host.run`. */
export function runLocal(ours: NodeJS.ProcessEnv, tool: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const start = (onOutput: () => void): Promise<Worker> =>
    startLocal(tool, args, {
      environment: childEnvironment(ours, options.environment),
      onStdout: (text) => {
        onOutput();
        options.onStdout?.(text);
      },
      onStderr: onOutput,
      killAfterMs: options.killAfterMs,
      idle: options.idle,
    });
  return runWorker({ about: escapeControl(tool), start }, options);
}

/** `idle`: see `RunOptions`. */
type LocalOptions = WorkerOptions & Pick<{ readonly [K in keyof RunOptions]: RunOptions[K] | undefined }, 'idle'>;

/**
 * Start a tool of this machine as a worker.
 *
 * @throws ImageError `TOOL_MISSING`, and those of `startWorker`
 */
export async function startLocal(tool: string, args: readonly string[], options: LocalOptions): Promise<Worker> {
  const searchPath = options.environment['PATH'];
  if (!(await findTool(tool, searchPath))) throw toolMissing(tool, 'local');
  const command = { file: tool, args };
  return startWorker(await workerCommand(options.idle ? await idleCommand(command, searchPath) : command, searchPath), options);
}

/** The same words for a tool that is missing, here and over there. */
export function toolMissing(tool: string, host: string): ImageError {
  const place = host === 'local' ? 'this machine' : escapeControl(host);
  return new ImageError(`${escapeControl(tool)} is not installed on ${place}; install it, or let another driver do the copy`, {
    code: 'TOOL_MISSING',
    origin: 'driver',
    untouched: true,
    details: { tool, host },
  });
}
