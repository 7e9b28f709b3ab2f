import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ImageError } from '@image-api/driver';

const pollMs = 5;
/** Node starts within a tenth of this even on a busy machine. */
const usualStartMs = 15_000;

/** A keeper that is to be started. */
export interface KeeperStart<Line> {
  /** Its program, and its arguments. Everybody on the machine can read them. */
  readonly program: string;
  readonly args: readonly string[];
  readonly driver: string;
  /** What it does, for messages: `keeps an image while it arrives`. */
  readonly does: string;
  /** Asks whether it answers; `undefined` when it does not yet. */
  readonly call: () => Promise<Line | undefined>;
  /** How long it may take, in milliseconds. Default 15000. */
  readonly startMs?: number;
}

/**
 * Start a keeper, a program of its own that outlives us while somebody uses it, and wait until it answers.
 *
 * @throws ImageError `TOOL_FAILED` when it does not, with its words, and whatever `call` throws
 */
export async function startKeeper<Line>(start: KeeperStart<Line>): Promise<Line> {
  if (!existsSync(start.program)) throw notStarted(start, 'it is not built');
  const child = spawn(process.execPath, [start.program, ...start.args], {
    detached: true,
    cwd: '/',
    stdio: ['ignore', 'ignore', 'pipe'],
    env: keeperEnvironment(process.env),
  });
  try {
    return await firstAnswer(child, start);
  } finally {
    child.stderr?.destroy();
    child.unref();
  }
}

async function firstAnswer<Line>(child: ChildProcess, start: KeeperStart<Line>): Promise<Line> {
  const seen = { said: '', ended: '' };
  child.stderr?.on('data', (piece) => (seen.said = `${seen.said}${String(piece)}`.slice(-2000)));
  child.on('error', (error) => (seen.ended = error.message));
  child.on('exit', (code, signal) => (seen.ended ||= `it ended with ${signal ?? code}`));
  const { startMs = usualStartMs } = start;
  for (let waitedMs = 0; seen.ended === '' && waitedMs < startMs; waitedMs += pollMs) {
    const line = await start.call();
    if (line !== undefined) return line;
    await sleep(pollMs);
  }
  child.kill('SIGKILL');
  throw notStarted(start, `${seen.ended || 'it does not answer'} ${seen.said}`.trim());
}

/** What ssh and the tools need; nothing that changes how Node or they work. */
function keeperEnvironment(ours: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = [
    'PATH',
    'HOME',
    'TZ',
    'SSH_AUTH_SOCK',
    'XDG_RUNTIME_DIR',
    'http_proxy',
    'https_proxy',
    'no_proxy',
    'HTTPS_PROXY',
    'NO_PROXY',
  ];
  return Object.fromEntries(kept.flatMap((name) => (ours[name] === undefined ? [] : [[name, ours[name]]])));
}

function notStarted<Line>({ does, driver }: KeeperStart<Line>, why: string): ImageError {
  return new ImageError(`the program that ${does} does not start: ${why}; install @image-api/driver-${driver} anew`, {
    code: 'TOOL_FAILED',
    origin: 'driver',
    driver,
    untouched: true,
  });
}
