import type { JobInfo, JobStatus } from '../block-objects.ts';
import { Listeners } from '../listeners.ts';
import { QmpError } from '../qmp-error.ts';
import type { QmpEvent } from '../qmp-events.ts';
import type { Qmp } from '../qmp.ts';
import type { JobOutcome } from './job.ts';
import { judgeOutcome } from './judge-outcome.ts';
import type { LastEvent } from './judge-outcome.ts';

/** Follows one job to its end, also over a connection that is lost and found again, then dismisses it. */
export class JobWatch {
  readonly id: string;
  readonly outcome: Promise<JobOutcome>;
  status: JobStatus = 'undefined';
  readonly #qmp: Qmp;
  readonly #statuses = new Listeners<JobStatus>();
  readonly #stopListening: readonly (() => void)[];
  #settle: (outcome: JobOutcome) => void = () => undefined;
  #lastEvent: LastEvent | undefined;
  #judged: JobOutcome | undefined;
  #concluding = false;
  #ended = false;

  constructor(qmp: Qmp, id: string) {
    this.id = id;
    this.#qmp = qmp;
    this.outcome = new Promise((resolve) => (this.#settle = resolve));
    this.#stopListening = [qmp.onEvent((event) => this.#hear(event)), qmp.onConnection((state) => state === 'found' && void this.look())];
    void qmp.ended.then((why) => this.#end(unknown(why ?? new QmpError('the connection was closed here', { kind: 'closed' }))));
  }

  /** True once the outcome is known, or is known to stay unknown. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Ask for the job, after events may have been missed. @returns what was seen of it */
  async look(): Promise<JobInfo | undefined> {
    try {
      const found = (await this.#qmp.execute('query-jobs')).find(({ id }) => id === this.id);
      if (found) this.#take(found.status);
      else this.#vanish();
      return found;
    } catch (error) {
      // Found again or over for good: both are told, and looked into there.
      if (error instanceof QmpError && error.kind === 'closed') return undefined;
      this.#end(unknown(error as QmpError));
      return undefined;
    }
  }

  onStatus(listener: (status: JobStatus) => void): () => void {
    return this.#statuses.add(listener);
  }

  /** Listen no more, to a job that was not started. */
  forget(): void {
    this.#ended = true;
    for (const stop of this.#stopListening) stop();
  }

  #hear(event: QmpEvent): void {
    if (event.name === 'JOB_STATUS_CHANGE' && event.data.id === this.id) this.#take(event.data.status);
    if ((event.name === 'BLOCK_JOB_COMPLETED' || event.name === 'BLOCK_JOB_CANCELLED') && event.data.device === this.id)
      this.#lastEvent = event;
  }

  #take(status: JobStatus): void {
    if (this.#ended) return;
    this.status = status;
    if (status === 'concluded') void this.#conclude();
    if (status === 'null') this.#vanish();
    else this.#statuses.tell(status);
  }

  /** Ask for the outcome, and only then let it be forgotten. */
  async #conclude(): Promise<void> {
    if (this.#concluding) return;
    this.#concluding = true;
    try {
      const info = (await this.#qmp.execute('query-jobs')).find(({ id }) => id === this.id);
      this.#judged = judgeOutcome(this.#lastEvent, info);
      if (info) await this.#qmp.execute('job-dismiss', { id: this.id });
    } catch {
      // A job that dismisses itself is gone by now. A lost connection is found again, or over for good: both are told.
    } finally {
      this.#concluding = false;
      if (this.#judged) this.#end(this.#judged);
    }
  }

  #end(outcome: JobOutcome): void {
    if (this.#ended) return;
    this.forget();
    this.#settle(outcome);
  }

  #vanish(): void {
    const unseen = new QmpError(`the job ${this.id} ended unseen, and nobody can be asked how`, { kind: 'closed' });
    this.#end(this.#judged ?? judgeOutcome(this.#lastEvent, undefined) ?? unknown(unseen));
  }
}

function unknown(reason: QmpError): JobOutcome {
  return { result: 'unknown', reason };
}
