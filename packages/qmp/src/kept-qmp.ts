import { setTimeout as sleep } from 'node:timers/promises';
import type { ConnectOptions } from './connect-qmp.ts';
import { connectQmp } from './connect-qmp.ts';
import { Listeners } from './listeners.ts';
import type { QmpCommands } from './qmp-commands.ts';
import { QmpError } from './qmp-error.ts';
import type { OtherQmpEvent, QmpEvent } from './qmp-events.ts';
import type { QmpObject, QmpValue } from './qmp-value.ts';
import type { ExecuteOptions, ExecuteWords, Qmp, QmpGreeting } from './qmp.ts';

export interface KeptOptions {
  readonly socketPath: string;
  readonly findForMs: number;
  readonly connecting: ConnectOptions;
}

/** Connections to one monitor, one after the other. */
export class KeptQmp implements Qmp {
  readonly #options: KeptOptions;
  readonly #events = new Listeners<OtherQmpEvent>();
  readonly #connection = new Listeners<'lost' | 'found'>();
  readonly #closing = new AbortController();
  readonly ended: Promise<QmpError | undefined>;
  #current: Promise<Qmp>;
  #last: Qmp;

  constructor(first: Qmp, options: KeptOptions) {
    this.#options = options;
    this.#last = first;
    this.#current = Promise.resolve(first);
    this.#relay(first);
    this.ended = this.#keep();
  }

  get greeting(): QmpGreeting {
    return this.#last.greeting;
  }

  async execute<Name extends keyof QmpCommands>(command: Name, ...words: ExecuteWords<Name>): Promise<QmpCommands[Name]['result']> {
    return (await this.#current).execute(command, ...words);
  }

  async executeOther(command: string, commandArguments?: QmpObject, options?: ExecuteOptions): Promise<QmpValue> {
    return (await this.#current).executeOther(command, commandArguments, options);
  }

  onEvent(listener: (event: QmpEvent) => void): () => void {
    return this.#events.add((event) => listener(event as QmpEvent));
  }

  onAnyEvent(listener: (event: OtherQmpEvent) => void): () => void {
    return this.#events.add(listener);
  }

  onConnection(listener: (state: 'lost' | 'found') => void): () => void {
    return this.#connection.add(listener);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#last.close();
    await this.ended;
  }

  /** @returns why it is over for good */
  async #keep(): Promise<QmpError | undefined> {
    for (;;) {
      const why = await this.#last.ended;
      if (!why || this.#closing.signal.aborted) return undefined;
      const finding = this.#find(why);
      finding.catch(() => undefined);
      this.#current = finding;
      this.#connection.tell('lost');
      try {
        this.#last = await finding;
      } catch (error) {
        return this.#closing.signal.aborted ? undefined : (error as QmpError);
      }
      if (this.#closing.signal.aborted) {
        await this.#last.close();
        return undefined;
      }
      this.#connection.tell('found');
    }
  }

  async #find(why: QmpError): Promise<Qmp> {
    const { socketPath, findForMs, connecting } = this.#options;
    const signal = this.#closing.signal;
    for (let ms = 20, until = Date.now() + findForMs; ; ms = Math.min(1000, ms * 2)) {
      try {
        const found = await connectQmp(socketPath, { ...connecting, signal });
        this.#relay(found);
        return found;
      } catch (error) {
        if (signal.aborted) throw new QmpError('the connection was closed here', { kind: 'closed' });
        if (Date.now() >= until)
          throw new QmpError(`${why.message}, and it was not found again: ${(error as Error).message}`, { kind: 'closed', cause: why });
      }
      await sleep(ms, undefined, { signal }).catch(() => undefined);
    }
  }

  #relay(connection: Qmp): void {
    connection.onAnyEvent((event) => this.#events.tell(event));
  }
}
