import type { JobStatus } from '../block-objects.ts';
import { QmpError } from '../qmp-error.ts';
import type { QmpErrorKind } from '../qmp-error.ts';
import type { QmpInteger } from '../qmp-value.ts';
import type { ExecuteOptions, Qmp } from '../qmp.ts';
import type { JobWatch } from './job-watch.ts';
import type { Job, JobMoment, JobOutcome, JobProgress } from './job.ts';

/** A job that is followed. */
export class QmpJob implements Job {
  readonly #qmp: Qmp;
  readonly #watch: JobWatch;

  constructor(qmp: Qmp, watch: JobWatch) {
    this.#qmp = qmp;
    this.#watch = watch;
  }

  get id(): string {
    return this.#watch.id;
  }

  get status(): JobStatus {
    return this.#watch.status;
  }

  get outcome(): Promise<JobOutcome> {
    return this.#watch.outcome;
  }

  onStatus(listener: (status: JobStatus) => void): () => void {
    return this.#watch.onStatus(listener);
  }

  async reached(moment: JobMoment, signal?: AbortSignal): Promise<boolean> {
    signal?.throwIfAborted();
    if (this.status === moment) return true;
    let stop = (): void => undefined;
    const there = new Promise<boolean>((resolve) => {
      stop = this.onStatus((status) => status === moment && resolve(true));
      void this.outcome.then(() => resolve(false));
    });
    return unlessAborted(there, signal).finally(stop);
  }

  async progress(options?: ExecuteOptions): Promise<JobProgress> {
    const block = (await this.#qmp.execute('query-block-jobs', undefined, options)).find(({ device }) => device === this.id);
    if (block) {
      const { status, paused, offset, len, speed, 'io-status': ioStatus } = block;
      return { status, done: Number(offset), total: Number(len), speed: Number(speed), paused, ioStatus };
    }
    const job = (await this.#qmp.execute('query-jobs', undefined, options)).find(({ id }) => id === this.id);
    if (!job) throw new QmpError(`the job ${this.id} is no more`, { kind: 'command', class: 'DeviceNotActive' });
    return { status: job.status, done: Number(job['current-progress']), total: Number(job['total-progress']) };
  }

  async setSpeed(bytesPerSecond: QmpInteger, options?: ExecuteOptions): Promise<void> {
    await this.#qmp.execute('block-job-set-speed', { device: this.id, speed: bytesPerSecond }, options);
  }

  async pause(options?: ExecuteOptions): Promise<void> {
    await this.#unlessIs('job-pause', true, options);
  }

  async resume(options?: ExecuteOptions): Promise<void> {
    await this.#unlessIs('job-resume', false, options);
  }

  async complete(options?: ExecuteOptions): Promise<void> {
    await this.#qmp.execute('job-complete', { id: this.id }, options);
  }

  async finishCopy(options?: ExecuteOptions): Promise<void> {
    await this.#qmp.execute('block-job-cancel', { device: this.id, force: false }, options);
  }

  async finalize(options?: ExecuteOptions): Promise<void> {
    await this.#qmp.execute('job-finalize', { id: this.id }, options);
  }

  async cancel(options?: ExecuteOptions): Promise<JobOutcome> {
    await this.#askToEnd(options, 3);
    return unlessAborted(this.outcome, options?.signal);
  }

  /** Nobody knows whether a request was heard that was under way when the connection was lost; to ask once more does no harm. */
  async #askToEnd(options: ExecuteOptions | undefined, tries: number): Promise<void> {
    try {
      await this.#qmp.execute('job-cancel', { id: this.id }, options);
    } catch (error) {
      if (this.#watch.ended) return;
      // One that has ended cannot be cancelled any more, and its outcome says so.
      if (isOf(error, 'command')) await this.#watch.look();
      else if (isOf(error, 'closed') && tries > 1) await this.#askToEnd(options, tries - 1);
      else throw error;
    }
  }

  /** QEMU refuses to pause what is paused, and to resume what is not, in words only. So ask. */
  async #unlessIs(command: 'job-pause' | 'job-resume', wanted: boolean, options?: ExecuteOptions): Promise<void> {
    try {
      await this.#qmp.execute(command, { id: this.id }, options);
    } catch (error) {
      if (!isOf(error, 'command') || (await this.progress(options)).paused !== wanted) throw error;
    }
  }
}

function isOf(error: unknown, kind: QmpErrorKind): boolean {
  return error instanceof QmpError && error.kind === kind;
}

async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  signal?.throwIfAborted();
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    const onAbort = (): void => reject(signal?.reason as Error);
    signal?.addEventListener('abort', onAbort);
    stop = () => signal?.removeEventListener('abort', onAbort);
  });
  return Promise.race([promise, aborted]).finally(stop);
}
