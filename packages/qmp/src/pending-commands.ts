import type { ExecuteOptions } from './qmp.ts';
import { QmpError } from './qmp-error.ts';
import type { QmpValue } from './qmp-value.ts';

interface Pending {
  readonly command: string;
  settle(outcome: () => QmpValue): void;
}

/** Commands that wait for their answers. One whose caller no longer waits is kept until its answer comes, so that this is known. */
export class PendingCommands {
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;

  /** Wait for the answer to a command that `send` sends with the id it is given. */
  wait(command: string, send: (id: number) => void, { timeoutMs = 0, signal }: ExecuteOptions): Promise<QmpValue> {
    signal?.throwIfAborted();
    this.#lastId += 1;
    const id = this.#lastId;
    send(id);
    return new Promise((resolve, reject) => {
      const stop = (reason: unknown): void =>
        settle(() => {
          throw reason;
        });
      const onAbort = (): void => stop(signal?.reason);
      const timer = timeoutMs > 0 ? setTimeout(() => stop(tooLate(command, timeoutMs)), timeoutMs) : undefined;
      const settle = (outcome: () => QmpValue): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        try {
          resolve(outcome());
        } catch (error) {
          reject(error);
        }
      };
      signal?.addEventListener('abort', onAbort);
      this.#pending.set(id, { command, settle });
    });
  }

  /** @returns false when no command has that id */
  settle(id: unknown, outcome: (command: string) => QmpValue): boolean {
    const pending = typeof id === 'number' ? this.#pending.get(id) : undefined;
    if (!pending) return false;
    this.#pending.delete(id as number);
    pending.settle(() => outcome(pending.command));
    return true;
  }

  failAll(reasonFor: (command: string) => QmpError): void {
    for (const id of [...this.#pending.keys()])
      this.settle(id, (command) => {
        throw reasonFor(command);
      });
  }
}

function tooLate(command: string, timeoutMs: number): QmpError {
  return new QmpError(`the monitor did not answer ${command} within ${timeoutMs / 1000} s; it may still be carried out`, {
    kind: 'timeout',
  });
}
