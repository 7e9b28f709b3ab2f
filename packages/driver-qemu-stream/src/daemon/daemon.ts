import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { ImageError } from '@image-api/driver';
import type { RunResult } from '@image-api/driver';
import type { Qmp } from '@image-api/qmp';

export interface DaemonInput {
  readonly monitor: Qmp;
  /** Settles when the process is gone. */
  readonly running: Promise<RunResult>;
  readonly monitorPath: string;
  /** Have it ended: TERM, which it obeys in good order, then KILL. */
  readonly stop: () => void;
}

/** How long a daemon may take to write what it holds, once it was told to quit. */
const quitMs = 10_000;

/** A storage daemon that runs. */
export class Daemon {
  readonly monitor: Qmp;
  /** Rejects with an `ImageError` when the daemon is gone and nobody asked it to go. Never resolves. */
  readonly failed: Promise<never>;
  readonly #input: DaemonInput;
  #isDead = false;
  #ending: Promise<void> | undefined;

  constructor(input: DaemonInput) {
    this.#input = input;
    this.monitor = input.monitor;
    this.failed = this.#watch();
    this.failed.catch(() => undefined);
  }

  /** Whether the process is gone. */
  get isDead(): boolean {
    return this.#isDead;
  }

  /**
   * Have it write all that it holds, and end. Resolves when it is gone; calling it twice is harmless.
   *
   * @param patienceMs until it is killed. Default 10000
   */
  end(patienceMs: number = quitMs): Promise<void> {
    return (this.#ending ??= this.#end(patienceMs));
  }

  async #end(patienceMs: number): Promise<void> {
    const { running, stop, monitor, monitorPath } = this.#input;
    const gone = running.then(
      () => undefined,
      () => undefined,
    );
    if (!this.#isDead) {
      void monitor.execute('quit').catch(() => undefined);
      const waited = new AbortController();
      await Promise.race([gone, sleep(patienceMs, undefined, { signal: waited.signal }).catch(() => undefined)]);
      waited.abort();
      stop();
    }
    await gone;
    await monitor.close();
    await rm(monitorPath, { force: true });
  }

  async #watch(): Promise<never> {
    const end = await this.#input.running.finally(() => (this.#isDead = true));
    if (!this.#ending) throw daemonDied(end);
    return new Promise(() => undefined);
  }
}

function daemonDied({ exitCode, signal, stderr }: RunResult): ImageError {
  const how = signal ?? `exit status ${exitCode}`;
  const words = stderr.trim().split('\n').at(-1) ?? '';
  return new ImageError(
    `qemu-storage-daemon ended unexpectedly (${how})${words ? `: ${words}` : ''}; the same copy goes on from what is there`,
    {
      code: 'TOOL_FAILED',
      origin: 'driver',
      driver: 'qemu-stream',
      retryable: true,
      details: { exitCode, signal, stderr: stderr.slice(-2000) },
    },
  );
}
