import type { ChildProcess } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import type { Readable } from 'node:stream';
import { atExit } from './at-exit.ts';
import { abandonAfterMs, askGroupToEnd, endGroup } from './end-group.ts';
import { KeptText } from './kept-text.ts';
import { nextTurn } from './next-turn.ts';
import { signalGroup } from './process-group.ts';
import { spawnGroup } from './spawn-group.ts';
import type { GroupOptions } from './spawn-group.ts';
import type { Command } from './worker-command.ts';

/** With `stdin: 'hold'`, the end of its input is how the worker is asked to end. */
export interface WorkerOptions extends GroupOptions {
  readonly onStdout?: (text: string) => void;
  readonly onStderr?: (text: string) => void;
  /** Characters of output to keep beyond what is promised, for what will be cut away from it. Default 0. */
  readonly spare?: number;
  /** From the request to end to KILL. Default 5000. */
  readonly killAfterMs?: number | undefined;
}

export interface WorkerEnd {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The first 1 MiB. */
  readonly stdout: string;
  /** The last 64 KiB. */
  readonly stderr: string;
  readonly durationMs: number;
}

type Exit = Pick<WorkerEnd, 'exitCode' | 'signal'>;

/** What `RunResult` promises. */
export const stdoutKept: number = 1024 * 1024;
export const stderrKept: number = 64 * 1024;
/** How long a process that left the group may keep the output open after the group is gone. */
const outputAfterMs = 500;

/**
 * Start a command as the leader of a process group of its own.
 *
 * @throws those of `spawnGroup`
 */
export async function startWorker(command: Command, options: WorkerOptions): Promise<Worker> {
  // It takes a millisecond or more, in which nothing else happens: of many that are started at once, one a turn.
  await nextTurn();
  const { child, pid } = await spawnGroup(command, options);
  return new Worker(child, pid, options);
}

/** A running child, and all of its group. */
export class Worker {
  readonly pid: number;
  /** Settles when nothing of the group runs any more and its output is read. Never rejects. */
  readonly ended: Promise<WorkerEnd>;
  readonly #child: ChildProcess;
  readonly #killAfterMs: number;
  readonly #stdout: KeptText;
  readonly #stderr: KeptText;
  readonly #timers: NodeJS.Timeout[] = [];
  #ending = false;
  #abandon: () => void = () => undefined;

  constructor(child: ChildProcess, pid: number, options: WorkerOptions) {
    this.pid = pid;
    this.#child = child;
    this.#killAfterMs = options.killAfterMs ?? 5000;
    this.#stdout = new KeptText('first', stdoutKept + (options.spare ?? 0));
    this.#stderr = new KeptText('last', stderrKept + (options.spare ?? 0));
    child.stdout?.on('data', (piece: Buffer) => tell(options.onStdout, this.#stdout.add(piece)));
    child.stderr?.on('data', (piece: Buffer) => tell(options.onStderr, this.#stderr.add(piece)));
    for (const part of [child, ...child.stdio]) part?.on('error', () => undefined);
    // A group of its own does not get the Ctrl-C of the terminal. Kill -9 of us is seen to by the kernel.
    this.ended = this.#wait(
      performance.now(),
      atExit(() => signalGroup(pid, 'SIGKILL')),
    );
  }

  /** Ask the group to end, and KILL it if it does not. Await `ended` for the outcome. */
  terminate(): void {
    if (this.#ending) return;
    this.#ending = true;
    const { stdin } = this.#child;
    if (stdin) stdin.end();
    else askGroupToEnd(this.pid);
    this.#later(this.#killAfterMs, () => signalGroup(this.pid, 'SIGKILL'));
    this.#later(this.#killAfterMs + abandonAfterMs, () => this.#abandon());
  }

  /** End the group at once. */
  kill(): void {
    signalGroup(this.pid, 'SIGKILL');
  }

  /** To the input that is held. */
  write(text: string): void {
    this.#child.stdin?.write(text);
  }

  /** Whether our process stays alive for this child, which is so at first. */
  keepAlive(wanted: boolean): void {
    const { stdin, stdout, stderr } = this.#child;
    for (const handle of [this.#child, stdin, stdout, stderr] as readonly (Referable | null)[]) {
      if (wanted) handle?.ref?.();
      else handle?.unref?.();
    }
  }

  async #wait(startedAt: number, forget: () => void): Promise<WorkerEnd> {
    const exit = await this.#exit();
    // Asked to end from now on, it would have a group signalled that may be another's.
    this.#ending = true;
    for (const timer of this.#timers) clearTimeout(timer);
    await endGroup(this.pid, this.#killAfterMs);
    await Promise.all([endOfOutput(this.#child.stdout), endOfOutput(this.#child.stderr)]);
    forget();
    return { ...exit, stdout: this.#stdout.text, stderr: this.#stderr.text, durationMs: performance.now() - startedAt };
  }

  /** A process stuck in the kernel does not even die of KILL: it is then left behind as if it had. */
  #exit(): Promise<Exit> {
    return new Promise((resolve) => {
      this.#child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }));
      this.#abandon = () => resolve({ exitCode: null, signal: 'SIGKILL' });
    });
  }

  #later(ms: number, action: () => void): void {
    this.#timers.push(setTimeout(action, ms));
  }
}

interface Referable {
  ref?(): void;
  unref?(): void;
}

function tell(listener: ((text: string) => void) | undefined, text: string): void {
  if (text !== '') listener?.(text);
}

async function endOfOutput(stream: Readable | null | undefined): Promise<void> {
  if (!stream || stream.closed || stream.readableEnded) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => stream.destroy(), outputAfterMs);
    stream.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
