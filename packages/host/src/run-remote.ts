import { randomBytes } from 'node:crypto';
import { ImageError } from '@image-api/driver';
import type { RunOptions, RunResult, SshAccess } from '@image-api/driver';
import { childEnvironment } from './child-environment.ts';
import { escapeControl } from './escape-control.ts';
import { afterMark, beatMs, guardedCommand, guardedEnvironment, readGuarded } from './remote-guard.ts';
import { startLocal, toolMissing } from './run-local.ts';
import { runWorker } from './run-worker.ts';
import { sshArgs } from './ssh-access.ts';
import type { SshConnections } from './ssh-connections.ts';
import { watchForEnd } from './watch-for-end.ts';
import { byHand, connectionError } from './ssh-error.ts';
import { stderrKept, stdoutKept } from './worker.ts';
import type { Worker, WorkerEnd } from './worker.ts';

/** How to reach one host. */
export interface SshRoute {
  /** `Host.id`. */
  readonly host: string;
  readonly access: SshAccess;
  readonly connections: SshConnections;
  readonly ours: NodeJS.ProcessEnv;
}

/** A tool over there, held by a guard that ends it when we let go of it. */
export interface RemoteWorker {
  readonly worker: Worker;
  /** Judge its end: what the tool itself said, or an `ImageError` about the connection or a tool that is missing. */
  readonly result: (end: WorkerEnd) => RunResult;
}

/** Run a tool over there to its end. See `Host.run`. */
export async function runRemote(route: SshRoute, tool: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  let remote: RemoteWorker | undefined;
  const about = `${escapeControl(tool)} on ${route.host}`;
  const ready = (): Promise<void> => route.connections.ready(route.access, route.host);
  const start = async (onOutput: () => void): Promise<Worker> => (remote = await startRemote(route, tool, args, options, onOutput)).worker;
  const end = await runWorker({ about, ready, start }, options);
  if (!remote) throw new ImageError(`${about} ended before it began`, { code: 'INTERNAL', origin: 'core' });
  return remote.result(end);
}

/** Start a tool over there. The connection is up already. */
export async function startRemote(
  route: SshRoute,
  tool: string,
  args: readonly string[],
  options: RunOptions,
  onOutput: () => void,
): Promise<RemoteWorker> {
  const mark = `image-api-${randomBytes(8).toString('hex')}`;
  const killAfterMs = options.killAfterMs ?? 5000;
  const toolOutput = skipToMark(mark, options.onStdout);
  const lateness = watchForEnd(mark, options.signal);
  const worker = await startLocal(
    route.access.program,
    [...sshArgs(route.access), guardedCommand(tool, args, mark, { killAfterMs, idle: options.idle ?? false })],
    {
      environment: childEnvironment(route.ours, route.connections.environment),
      stdin: 'hold',
      spare: 16 * 1024,
      // The guard needs its time over there; only then is ssh itself cut off.
      killAfterMs: killAfterMs + 1000,
      onStdout: (text) => {
        onOutput();
        lateness.output();
        toolOutput(text);
      },
      onStderr: (text) => {
        onOutput();
        lateness.errorOutput(text);
      },
    },
  );
  worker.write(guardedEnvironment(options.environment));
  keepBeating(worker);
  lateness.start(worker);
  return { worker, result: (end) => judge(route, tool, mark, end) };
}

/** The shell that logs us in may say things of its own; they come before the mark. */
function skipToMark(mark: string, onStdout: ((text: string) => void) | undefined): (text: string) => void {
  let before: string | undefined = '';
  return (text) => {
    if (before === undefined) return onStdout?.(text);
    const after = afterMark((before += text), mark);
    if (after === undefined) return;
    before = undefined;
    if (after !== '') onStdout?.(after);
  };
}

function keepBeating(worker: Worker): void {
  const timer = setInterval(() => worker.write('.'), beatMs).unref();
  void worker.ended.then(() => clearInterval(timer));
}

function judge(route: SshRoute, tool: string, mark: string, end: WorkerEnd): RunResult {
  const { stderr, started, end: guarded } = readGuarded(end.stderr, mark);
  if (!guarded) throw started || end.exitCode === 255 || end.exitCode === null ? connectionError(stderr, route.host) : noShell(route, end);
  if ('missing' in guarded) throw toolMissing(guarded.missing, route.host);
  const stdout = afterMark(end.stdout, mark) ?? '';
  return { ...guarded, stdout: stdout.slice(0, stdoutKept), stderr: stderr.slice(-stderrKept), durationMs: end.durationMs };
}

/** Logged in, and yet our command did not run: an account for file transfer only, or a login shell that is none. */
function noShell(route: SshRoute, end: WorkerEnd): ImageError {
  const said = escapeControl((end.stderr.trim() || end.stdout.trim()).slice(-300));
  return new ImageError(
    `${route.host} did not run a command for us, it said "${said}"; use an account with a shell, and check \`${byHand(route.host)} true\``,
    {
      code: 'AUTH_DENIED',
      origin: 'core',
      untouched: true,
      details: { host: route.host, exitCode: end.exitCode },
    },
  );
}
