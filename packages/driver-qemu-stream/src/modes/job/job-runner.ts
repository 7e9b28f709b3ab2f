import { setTimeout as sleep } from 'node:timers/promises';
import type { Limits } from '@image-api/driver';
import { QmpError } from '@image-api/qmp';
import type { Job, JobOutcome, JobProgress } from '@image-api/qmp';

const pollMs = 50;
/** The most that may be moved before any of it is told. */
const step = 16 * 2 ** 20;

/** Runs one job of QEMU after another, all under the same limit and the same pause, whichever runs at the moment. */
export class JobRunner {
  /** Grows with all that is done, and while nothing is to be done: for a watchdog. */
  progress = 0;
  #speed: number;
  #paused: Promise<void> | undefined;
  #goOn: () => void = () => undefined;
  #current: Job | undefined;

  constructor(limits: Limits) {
    this.#speed = speedOf(limits);
  }

  /**
   * Run a job to its end. A mirror ends with a copy of the moment at which it has caught up.
   *
   * @param start called with its speed in bytes per second, 0 for no limit
   * @throws JobFailure when it did not end well, JobCancelled, QmpError when its end is not known
   */
  async run(start: (speed: number) => Promise<Job>, onProgress: (progress: JobProgress) => void = () => undefined): Promise<void> {
    while (this.#paused !== undefined) await this.#paused;
    const startedWith = this.#speed;
    const job = await start(startedWith);
    this.#current = job;
    try {
      // Whoever paused or changed the limit while it started had nothing to change.
      if (this.#speed !== startedWith) await unlessOver(job.setSpeed(this.#speed));
      if (this.#paused !== undefined) await unlessOver(job.pause());
      judge(await this.#watch(job, onProgress));
    } finally {
      this.#current = undefined;
    }
  }

  async pause(): Promise<void> {
    this.#paused ??= new Promise((resolve) => (this.#goOn = resolve));
    const job = this.#current;
    if (!job) return;
    await unlessOver(job.pause());
    await Promise.race([job.reached('paused'), job.reached('standby'), this.#paused]);
  }

  async resume(): Promise<void> {
    if (this.#paused === undefined) return;
    this.#paused = undefined;
    this.#goOn();
    await unlessOver(this.#current?.resume());
  }

  async setLimits(limits: Limits): Promise<Limits> {
    this.#speed = speedOf(limits);
    await unlessOver(this.#current?.setSpeed(this.#speed));
    return limitsOf(this.#speed);
  }

  async #watch(job: Job, onProgress: (progress: JobProgress) => void): Promise<JobOutcome> {
    const finished = finishWhenReady(job);
    let movedAtMs = performance.now();
    for (let last = -1; ;) {
      const ended = await Promise.race([job.outcome, sleep(pollMs)]);
      await Promise.race([finished, sleep(0)]);
      if (ended) return ended;
      const now = await job.progress().catch(() => undefined);
      if (!now) continue;
      const isWell = now.done !== last || this.#paused !== undefined;
      if (isWell) movedAtMs = performance.now();
      if (isWell || performance.now() - movedAtMs < this.#stepMs) this.progress += 1;
      // A job that has only begun does not know yet how much there is.
      if (now.done !== last && now.total > 0) onProgress(now);
      last = now.done;
    }
  }

  /** How long nothing needs to be seen of a job that does what it may. */
  get #stepMs(): number {
    return this.#speed === 0 ? 0 : (step / this.#speed) * 1000;
  }
}

/** A job that did not end well; `message` is QEMU's word for it. */
export class JobFailure extends Error {}

/** A job that was ended before its time, with its daemon, or by somebody else. */
export class JobCancelled extends Error {}

/** QEMU takes whole bytes per second, and 0 for none. */
export function speedOf({ bandwidth }: Limits): number {
  return bandwidth === undefined ? 0 : Math.max(1, Math.floor(bandwidth));
}

/** The same, as it is in force. */
export function limitsOf(speed: number): Limits {
  return speed === 0 ? {} : { bandwidth: speed };
}

async function finishWhenReady(job: Job): Promise<void> {
  if (await job.reached('ready')) await unlessOver(job.finishCopy());
}

function judge(outcome: JobOutcome): void {
  if (outcome.result === 'unknown') throw outcome.reason;
  if (outcome.result === 'failed') throw new JobFailure(outcome.reason);
  if (outcome.result === 'cancelled') throw new JobCancelled('the job was cancelled');
}

/** A job that is just ending cannot be changed any more, and need not be. */
async function unlessOver(change: Promise<void> | undefined): Promise<void> {
  try {
    await change;
  } catch (error) {
    if (!(error instanceof QmpError && error.kind === 'command')) throw error;
  }
}
