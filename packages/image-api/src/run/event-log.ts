import type { TaskEvent } from './task.ts';

type ProgressEvent = Extract<TaskEvent, { type: 'progress' }>;

/**
 * The events of a task, for any number of readers who may come late. Every event is kept but progress, of which a reader gets
 * the newest when it asks: a slow reader costs no memory.
 */
export class EventLog {
  readonly #events: Exclude<TaskEvent, ProgressEvent>[] = [];
  #progress: { readonly event: ProgressEvent; readonly number: number } | undefined;
  #closed = false;
  #waiting: (() => void)[] = [];

  push(event: TaskEvent): void {
    if (this.#closed) return;
    if (event.type === 'progress') this.#progress = { event, number: (this.#progress?.number ?? 0) + 1 };
    else this.#events.push(event);
    this.#closed = event.type === 'result' || event.type === 'error';
    for (const wake of this.#waiting.splice(0)) wake();
  }

  async *read(): AsyncGenerator<TaskEvent, void, undefined> {
    let next = 0;
    let seenProgress = 0;
    for (;;) {
      const event = this.#events[next];
      // The last event waits for the last progress to be told.
      const isLast = event?.type === 'result' || event?.type === 'error';
      if (event && !isLast) {
        next += 1;
        yield event;
      } else if (this.#progress && this.#progress.number > seenProgress) {
        seenProgress = this.#progress.number;
        yield this.#progress.event;
      } else if (event) {
        yield event;
        return;
      } else {
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
      }
    }
  }
}
