import { setTimeout as sleep } from 'node:timers/promises';
import { QmpError } from '@image-api/qmp';
import type { JobInfo, Qmp } from '@image-api/qmp';
import { names } from './overlay-node.ts';

const id = 'stream';
const lookMs = 100;

export interface StreamJobListener {
  /** Called ten times a second, and at each step of the job. */
  onLook(job: JobInfo): void;
  /** Everything is there, but may be in the daemon's memory only: put it on disk before it counts. */
  flush(): Promise<void>;
}

/** The job that brings what is missing from the source, in the background. */
export class StreamJob {
  readonly #monitor: Qmp;

  private constructor(monitor: Qmp) {
    this.#monitor = monitor;
  }

  /** @param speed in force from the first byte; bytes per second, 0 for no limit */
  static async start(monitor: Qmp, speed: number): Promise<StreamJob> {
    await monitor.execute('block-stream', {
      'job-id': id,
      device: names.overlay,
      speed,
      'on-error': 'report',
      'auto-finalize': false,
      'auto-dismiss': false,
    });
    return new StreamJob(monitor);
  }

  /**
   * See it to its end.
   *
   * @returns why it failed, in QEMU's words; `undefined` when everything is there, and on disk
   */
  async run(listener: StreamJobListener): Promise<string | undefined> {
    for (;;) {
      const step = this.#nextStep();
      const job = (await this.#monitor.execute('query-jobs')).find((one) => one.id === id);
      if (!job) return 'the job was forgotten';
      listener.onLook(job);
      if (job.status === 'concluded') {
        await this.#monitor.execute('job-dismiss', { id });
        return job.error;
      }
      if (job.status === 'pending') {
        // Finalizing drops the source. A daemon killed after that, and before what it holds is on disk, would lose it.
        await listener.flush();
        await this.#monitor.execute('job-finalize', { id }).catch(ifOver);
      }
      await step;
    }
  }

  /** Where the one of a daemon is; `undefined` when there is none. */
  static async position(monitor: Qmp): Promise<number | undefined> {
    const job = (await monitor.execute('query-jobs')).find((one) => one.id === id);
    return job && Number(job['current-progress']);
  }

  async setSpeed(speed: number): Promise<void> {
    await this.#monitor.execute('block-job-set-speed', { device: id, speed }).catch(ifOver);
  }

  async pause(): Promise<void> {
    await this.#monitor.execute('job-pause', { id }).catch(ifOver);
  }

  async resume(): Promise<void> {
    await this.#monitor.execute('job-resume', { id }).catch(ifOver);
  }

  async cancel(): Promise<void> {
    await this.#monitor.execute('job-cancel', { id }).catch(ifOver);
  }

  async #nextStep(): Promise<void> {
    const waited = new AbortController();
    const forget = this.#monitor.onEvent((event) => {
      if (event.name === 'JOB_STATUS_CHANGE' && event.data.id === id) waited.abort();
    });
    await sleep(lookMs, undefined, { signal: waited.signal }).catch(() => undefined);
    forget();
  }
}

/** A job that is over, or in a step that has no such verb, refuses; how it ended is told elsewhere. */
function ifOver(error: unknown): void {
  if (!(error instanceof QmpError && error.kind === 'command')) throw error;
}
