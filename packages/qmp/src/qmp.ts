import type { QmpCommands, QmpVersion } from './qmp-commands.ts';
import type { QmpError } from './qmp-error.ts';
import type { OtherQmpEvent, QmpEvent } from './qmp-events.ts';
import type { QmpObject, QmpValue } from './qmp-value.ts';

/** What a monitor says first. */
export interface QmpGreeting {
  readonly version: QmpVersion;
  readonly capabilities: readonly string[];
}

export interface ExecuteOptions {
  /** How long to wait for the answer. Default: what the connection was made with. */
  readonly timeoutMs?: number;
  /** Stop waiting. The command may still be carried out: QEMU takes none back. */
  readonly signal?: AbortSignal;
}

type ArgumentsOf<Name extends keyof QmpCommands> = QmpCommands[Name]['arguments'];

/** The words after the command: its arguments, which may be left out where it needs none. */
export type ExecuteWords<Name extends keyof QmpCommands> =
  undefined extends ArgumentsOf<Name>
    ? [commandArguments?: ArgumentsOf<Name>, options?: ExecuteOptions]
    : [commandArguments: ArgumentsOf<Name>, options?: ExecuteOptions];

/** A monitor that is spoken to. */
export interface Qmp {
  /** What it said first, when it was last connected. */
  readonly greeting: QmpGreeting;

  /**
   * Have a command carried out. Commands are carried out one after the other, in the order of the calls.
   *
   * @throws QmpError
   * @throws what the signal's reason is, when it is aborted
   */
  execute<Name extends keyof QmpCommands>(command: Name, ...words: ExecuteWords<Name>): Promise<QmpCommands[Name]['result']>;

  /** The same for a command that has no types here. */
  executeOther(command: string, commandArguments?: QmpObject, options?: ExecuteOptions): Promise<QmpValue>;

  /**
   * Hear events, in their order, and in order with answers: when a command's promise resolves, all listeners have heard what came before.
   *
   * @returns ends it
   */
  onEvent(listener: (event: QmpEvent) => void): () => void;

  /** The same for all events, with types or without. */
  onAnyEvent(listener: (event: OtherQmpEvent) => void): () => void;

  /**
   * Hear that the connection was lost, and found again; events between the two are lost. Only one of `keepQmp` is ever found again.
   *
   * @returns ends it
   */
  onConnection(listener: (state: 'lost' | 'found') => void): () => void;

  /** Resolves when it is over for good, with why; `undefined` after `close()`. Never rejects. */
  readonly ended: Promise<QmpError | undefined>;

  /** End the connection; what is pending fails as `closed`. The monitor then serves the next client. */
  close(): Promise<void>;
}
