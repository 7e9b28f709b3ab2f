import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** What a copy in the background tells the command that started it, as soon as it copies, or can be used. */
export interface Started {
  readonly id: string;
  readonly pid: number;
  /** Where the image can be used already, if that was waited for. */
  readonly uri?: string;
}

/** How the start of a background copy went: it copies, or it failed and has said why. */
export type DetachedStart = { readonly started: Started } | { readonly exitStatus: number };

/** Set for the process in the background; its value means nothing. */
export const backgroundVariable = 'IMAGECTL_BACKGROUND';

/**
 * Run the same command line in a session of its own, which outlives this terminal, and wait until it copies or has failed. What it says
 * until then is said here.
 *
 * @param signal ends the one in the background, too, as long as it has not begun
 */
export async function startDetached(process: NodeJS.Process, signal: AbortSignal): Promise<DetachedStart> {
  const child = spawn(process.execPath, [...process.execArgv, ...withoutFlag(process.argv.slice(1), '--detach')], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...process.env, [backgroundVariable]: '1' },
  });
  child.stdout?.pipe(process.stdout, { end: false });
  child.stderr?.pipe(process.stderr, { end: false });
  const end = (): void => void child.kill('SIGTERM');
  signal.addEventListener('abort', end, { once: true });
  try {
    return await Promise.race([started(child), ended(child)]);
  } finally {
    signal.removeEventListener('abort', end);
  }
}

async function started(child: ChildProcess): Promise<DetachedStart> {
  const [message] = (await once(child, 'message')) as [Started];
  for (const pipe of [child.stdout, child.stderr]) pipe?.destroy();
  child.disconnect();
  child.unref();
  return { started: message };
}

async function ended(child: ChildProcess): Promise<DetachedStart> {
  const [code] = (await once(child, 'close')) as [number | null];
  return { exitStatus: code ?? 1 };
}

/** The first one that is a flag: behind `--` it would be a name. */
function withoutFlag(words: readonly string[], flag: string): readonly string[] {
  const at = words.indexOf(flag);
  return words.filter((_, index) => index !== at);
}
