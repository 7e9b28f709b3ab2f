import { performance } from 'node:perf_hooks';
import { afterMark } from './remote-guard.ts';
import type { Worker, WorkerEnd } from './worker.ts';

/** What comes back, as of a worker that did nothing but this. `exitCode` is null when the shell went away before it had answered. */
export type Answer = Pick<Worker, 'ended' | 'terminate'>;

/** Our end of a shell that answers one question after another. */
export class StandingShell {
  readonly #mark: string;
  readonly #idleMs: number;
  #worker: Worker | undefined;
  #stdout = '';
  #stderr = '';
  #begun = false;
  #over = false;
  #timer: NodeJS.Timeout | undefined;
  #onOutput: () => void = () => undefined;

  /** @param idleMs it ends when nothing was asked for so long */
  constructor(mark: string, idleMs: number) {
    this.#mark = mark;
    this.#idleMs = idleMs;
  }

  readonly output = (text: string): void => {
    this.#stdout += text;
    this.#onOutput();
  };

  readonly errorOutput = (text: string): void => {
    this.#stderr += text;
    this.#onOutput();
  };

  /** Whether it can be asked. */
  get isThere(): boolean {
    return this.#begun && !this.#over;
  }

  /** Wait for its first words; what the login shell says comes before them. False when it ended instead. */
  async begin(worker: Worker): Promise<boolean> {
    this.#worker = worker;
    void worker.ended.then(() => this.#end());
    await this.#until(() => afterMark(this.#stdout, this.#mark) !== undefined && afterMark(this.#stderr, this.#mark) !== undefined);
    this.#begun = !this.#over;
    if (this.#begun) this.#rest();
    return this.#begun;
  }

  /** @param question lines of shell */
  ask(question: string): Answer {
    const startedAt = performance.now();
    clearTimeout(this.#timer);
    this.#stdout = this.#stderr = '';
    this.#worker?.keepAlive(true);
    this.#worker?.write(`${question.split('\n').length}\n${question}\n`);
    const ended = this.#until(() => this.#answer() !== undefined).then((): WorkerEnd => {
      const durationMs = performance.now() - startedAt;
      const answer = this.#answer();
      if (!answer) return { exitCode: null, signal: null, stdout: '', stderr: this.#stderr, durationMs };
      this.#rest();
      return { ...answer, signal: null, durationMs };
    });
    // It may be stuck in what it was asked, and would not hear us.
    const terminate = (): void => this.#worker?.kill();
    return { ended, terminate };
  }

  #end(): void {
    this.#over = true;
    clearTimeout(this.#timer);
    this.#onOutput();
  }

  #answer(): Pick<WorkerEnd, 'exitCode' | 'stdout' | 'stderr'> | undefined {
    const stderr = before(`\n${this.#mark}\n`, this.#stderr);
    const at = this.#stdout.lastIndexOf(`\n${this.#mark} `);
    const [, status] = /^\S+ (\d+)\n$/.exec(this.#stdout.slice(at + 1)) ?? [];
    if (at < 0 || status === undefined || stderr === undefined) return undefined;
    return { exitCode: Number(status), stdout: this.#stdout.slice(0, at), stderr };
  }

  /** Let it end: another takes its place. It takes a moment, in which nothing is asked of it. */
  retire(): void {
    this.#begun = false;
    this.#worker?.terminate();
  }

  /** Nobody waits for it now; our process may end. */
  #rest(): void {
    this.#worker?.keepAlive(false);
    this.#timer = setTimeout(() => this.retire(), this.#idleMs).unref();
  }

  /** Also resolves when it is over. */
  #until(isSo: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#onOutput = (): void => {
        if (this.#over || isSo()) resolve();
      };
      this.#onOutput();
    });
  }
}

function before(end: string, text: string): string | undefined {
  return text.endsWith(end) ? text.slice(0, -end.length) : undefined;
}
