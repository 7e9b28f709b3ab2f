import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { LineSplitter } from './line-splitter.ts';
import { Listeners } from './listeners.ts';
import { parseMessage } from './parse-message.ts';
import type { QmpMessage } from './parse-message.ts';
import { PendingCommands } from './pending-commands.ts';
import { printCommand } from './print-command.ts';
import type { ExecuteOptions, ExecuteWords, Qmp, QmpGreeting } from './qmp.ts';
import type { QmpCommands } from './qmp-commands.ts';
import { QmpError } from './qmp-error.ts';
import type { OtherQmpEvent, QmpEvent } from './qmp-events.ts';
import type { QmpObject, QmpValue } from './qmp-value.ts';
import { whyNoGreeting } from './why-no-greeting.ts';

export interface ConnectionOptions {
  readonly socketPath: string;
  readonly timeoutMs: number;
  readonly longestLine: number;
}

/** One connection, from greeting to end. */
export class QmpConnection implements Qmp {
  readonly #socket: Socket;
  readonly #options: ConnectionOptions;
  readonly #commands = new PendingCommands();
  readonly #events = new Listeners<OtherQmpEvent>();
  readonly #connection = new Listeners<'lost' | 'found'>();
  readonly #greeted: Deferred = deferred();
  readonly ended: Promise<QmpError | undefined>;
  #end: (why: QmpError | undefined) => void = () => undefined;
  #greeting: QmpGreeting | undefined;
  #over: QmpError | undefined;

  constructor(socket: Socket, options: ConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    this.ended = new Promise((resolve) => (this.#end = resolve));
    const lines = new LineSplitter(options.longestLine);
    socket.on('data', (chunk) => this.#read(lines, chunk));
    socket.on('error', (cause) => this.#finish(this.#closed('it was broken', cause)));
    socket.on('close', () => this.#finish(this.#closed('the other side ended it')));
  }

  get greeting(): QmpGreeting {
    if (!this.#greeting) throw this.#closed('it did not begin');
    return this.#greeting;
  }

  /** Wait for the greeting, then leave the mode in which nothing but the capabilities can be negotiated. */
  async greet(timeoutMs: number, signal?: AbortSignal): Promise<void> {
    const timer = setTimeout(() => void this.#explainSilence(timeoutMs), timeoutMs);
    const onAbort = (): void => this.#greeted.reject(signal?.reason);
    signal?.addEventListener('abort', onAbort);
    if (signal?.aborted) onAbort();
    try {
      await this.#greeted.promise;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    }
    await this.execute('qmp_capabilities', undefined, { timeoutMs, ...(signal && { signal }) });
  }

  async execute<Name extends keyof QmpCommands>(
    command: Name,
    ...[commandArguments, options]: ExecuteWords<Name>
  ): Promise<QmpCommands[Name]['result']> {
    const result: unknown = await this.executeOther(command, commandArguments as QmpObject, options);
    return result as QmpCommands[Name]['result'];
  }

  async executeOther(command: string, commandArguments?: QmpObject, options: ExecuteOptions = {}): Promise<QmpValue> {
    if (this.#over) throw this.#over;
    const send = (id: number): void => void this.#socket.write(printCommand(command, id, commandArguments));
    return this.#commands.wait(command, send, { timeoutMs: this.#options.timeoutMs, ...options });
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
    this.#finish(this.#closed('it was closed here'), false);
    if (!this.#socket.closed) await once(this.#socket, 'close');
  }

  #read(lines: LineSplitter, chunk: Buffer): void {
    try {
      for (const line of lines.push(chunk)) if (!this.#over && line.trim()) this.#take(parseMessage(line));
    } catch (error) {
      if (!(error instanceof QmpError)) throw error;
      this.#finish(error);
    }
  }

  #take(message: QmpMessage): void {
    if (message.kind === 'greeting') this.#takeGreeting(message.greeting);
    else if (!this.#greeting) throw new QmpError('the monitor did not greet first', { kind: 'protocol' });
    else if (message.kind === 'event') this.#events.tell({ name: message.name, data: message.data, atMs: message.atMs });
    else if (!this.#commands.settle(message.id, (command) => resultOf(command, message)))
      throw new QmpError(unasked(message), { kind: 'protocol' });
  }

  #takeGreeting(greeting: QmpGreeting): void {
    if (this.#greeting) throw new QmpError('the monitor greeted twice', { kind: 'protocol' });
    this.#greeting = greeting;
    this.#greeted.resolve();
  }

  async #explainSilence(timeoutMs: number): Promise<void> {
    const sockets = await readFile('/proc/net/unix', 'utf8').catch(() => '');
    this.#greeted.reject(whyNoGreeting(this.#options.socketPath, sockets, timeoutMs));
  }

  #closed(how: string, cause?: unknown): QmpError {
    return new QmpError(`the connection to the monitor at ${this.#options.socketPath} is over: ${how}`, {
      kind: 'closed',
      ...(cause !== undefined && { cause }),
    });
  }

  /** The first reason counts. */
  #finish(why: QmpError, byAccident = true): void {
    if (this.#over) return;
    this.#over = why;
    this.#socket.destroy();
    this.#greeted.reject(why);
    this.#commands.failAll((command) => new QmpError(`${command}: ${why.message}`, { kind: why.kind, cause: why }));
    this.#end(byAccident ? why : undefined);
    if (byAccident) this.#connection.tell('lost');
  }
}

function resultOf(command: string, message: QmpMessage): QmpValue {
  if (message.kind === 'answer') return message.result;
  if (message.kind !== 'refusal') throw new QmpError(`${command}: no answer`, { kind: 'protocol' });
  const { class: errorClass, description } = message;
  throw new QmpError(`QEMU refused ${command}: ${description}`, { kind: 'command', class: errorClass, description });
}

function unasked(message: QmpMessage): string {
  return message.kind === 'refusal'
    ? `the monitor could not read what was sent: ${message.description}`
    : 'the monitor answered what it was not asked';
}

interface Deferred {
  readonly promise: Promise<void>;
  resolve(): void;
  reject(error: unknown): void;
}

function deferred(): Deferred {
  let resolve: Deferred['resolve'] = () => undefined;
  let reject: Deferred['reject'] = () => undefined;
  const promise = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  promise.catch(() => undefined);
  return { resolve, reject, promise };
}
