import type { Socket } from 'node:net';
import { createMessageReader, lineOf } from './messages.ts';
import type { ProgramEnd, PumpCounters, PumpNews, PumpSettings } from './messages.ts';

/** The line from an owner to one of his pumps. */
export class PumpLine {
  counters: PumpCounters = { up: 0, down: 0 };
  /** How the program behind it ended; absent while it runs, and when the pump was lost before it could tell. */
  end: ProgramEnd | undefined;
  /** Resolves when it has said all. */
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #waiting = new Map<number, () => void>();

  constructor(socket: Socket, onCounters: () => void) {
    this.#socket = socket;
    socket.setEncoding('utf8');
    socket.on(
      'data',
      createMessageReader((message) => this.#hear(message as PumpNews, onCounters)),
    );
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        for (const confirm of this.#waiting.values()) confirm();
        resolve();
      });
    });
  }

  /** Resolves when they are in force, or there is nobody left for whom they could be. */
  set(settings: PumpSettings): Promise<void> {
    if (this.#socket.destroyed) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.set(settings.number, resolve);
      this.#socket.write(lineOf(settings));
    });
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #hear({ inForce, counters, end }: PumpNews, onCounters: () => void): void {
    if (end) this.end = end;
    if (inForce !== undefined) this.#confirm(inForce);
    if (!counters) return;
    this.counters = counters;
    onCounters();
  }

  #confirm(number: number): void {
    this.#waiting.get(number)?.();
    this.#waiting.delete(number);
  }
}
