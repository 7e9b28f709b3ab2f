import { setTimeout as sleep } from 'node:timers/promises';
import { ImageError, isImageError } from '@image-api/driver';
import type { Limits } from '@image-api/driver';
import { QmpError, followJob } from '@image-api/qmp';
import type { Job, JobOutcome, JobProgress, Qmp } from '@image-api/qmp';
import { limitsOf, speedOf } from '../job/job-runner.ts';
import type { MonitorTurns } from './monitor-turns.ts';

/** How long the monitor is held to hear events, and then left to others. */
const heldMs = 500;
const leftMs = 100;
const pollMs = 100;
/** For how long the monitor of a running job may not answer before the machine counts as gone, and where there is none any more. */
const lossMs = 30_000;
const goneMs = 2000;

export interface MonitorJobInput {
  readonly turns: MonitorTurns;
  readonly id: string;
  readonly onProgress: (progress: JobProgress) => void;
  /** What is to be done when the job waits for its last step, or a mirror has caught up. */
  readonly onMoment: (job: Job, qmp: Qmp) => Promise<void>;
  /** A job that tells no progress for so long is given up. */
  readonly stallMs: number;
}

/** A job in a running machine, followed in short turns at its monitor. It is dismissed when its outcome is known. */
export class MonitorJob {
  /** Grows while all is well: for a watchdog. */
  progress = 0;
  readonly #input: MonitorJobInput;
  #speed: number;
  #isPaused = false;
  #outcome: JobOutcome | undefined;
  #last = -1;
  #movedAtMs = performance.now();
  /** Ends a turn early, so that somebody else of us has his. */
  #interrupt: () => void = () => undefined;

  constructor(input: MonitorJobInput, limits: Limits) {
    this.#input = input;
    this.#speed = speedOf(limits);
  }

  /** Bytes per second, 0 for no limit. */
  get speed(): number {
    return this.#speed;
  }

  /**
   * Follow the job until it has ended.
   *
   * @throws ImageError STALLED, or when the machine is gone
   */
  async follow(): Promise<JobOutcome> {
    for (let seenAtMs = performance.now(); ;) {
      try {
        await this.#input.turns.take((qmp) => this.#look(qmp));
        seenAtMs = performance.now();
      } catch (error) {
        if (isForgotten(error)) return { result: 'unknown', reason: error };
        if (performance.now() - seenAtMs > patienceFor(error)) throw error;
        this.progress += 1;
      }
      if (this.#outcome) return this.#outcome;
      await sleep(leftMs);
      if (this.#outcome) return this.#outcome;
    }
  }

  pause(): Promise<void> {
    this.#isPaused = true;
    return this.#tell(async (job) => {
      await job.pause();
      await Promise.race([job.reached('paused'), job.reached('standby'), sleep(heldMs)]);
    });
  }

  resume(): Promise<void> {
    this.#isPaused = false;
    return this.#tell((job) => job.resume());
  }

  async setLimits(limits: Limits): Promise<Limits> {
    this.#speed = speedOf(limits);
    await this.#tell((job) => job.setSpeed(this.#speed));
    return limitsOf(this.#speed);
  }

  /** Have it end. What became of it is for `follow()` to tell. */
  cancel(): Promise<void> {
    return this.#tell(async (job) => void (await Promise.race([job.cancel(), sleep(heldMs)])));
  }

  /** One turn. */
  async #look(qmp: Qmp): Promise<void> {
    const job = await followJob(qmp, this.#input.id);
    const interrupted = new Promise<void>((resolve) => (this.#interrupt = resolve));
    const over = new AbortController();
    const end = (): void => over.abort();
    void Promise.race([interrupted, sleep(heldMs)]).then(end);
    const lost = job.outcome.then(end);
    while (!over.signal.aborted && !isSettled(job)) {
      this.#watch(await job.progress().catch(() => undefined));
      if (job.status === 'pending' || job.status === 'ready') await this.#input.onMoment(job, qmp);
      await Promise.race([lost, interrupted, sleep(pollMs), nextStatus(job)]);
    }
    await this.#keepOutcome(job);
  }

  /** It is told once, for the job is dismissed then. */
  async #keepOutcome(job: Job): Promise<void> {
    if (!isSettled(job)) return;
    const outcome = await job.outcome;
    // The connection was lost just then: the next turn asks again.
    if (outcome.result !== 'unknown' || outcome.reason.kind !== 'closed') this.#outcome = outcome;
  }

  #watch(progress: JobProgress | undefined): void {
    if (!progress) return;
    const isWell = progress.done !== this.#last || this.#isPaused || progress.status !== 'running';
    const patienceMs = Math.max(this.#input.stallMs, this.#speed === 0 ? 0 : (2 ** 24 / this.#speed) * 1000);
    if (isWell) this.#movedAtMs = performance.now();
    this.progress += 1;
    this.#last = progress.done;
    // A job that has only begun does not know yet how much there is.
    if (progress.total > 0) this.#input.onProgress(progress);
    if (performance.now() - this.#movedAtMs > patienceMs) throw stalled(this.#input);
  }

  async #tell(what: (job: Job) => Promise<void>): Promise<void> {
    this.#interrupt();
    await this.#input.turns.take(async (qmp) => {
      try {
        const job = await followJob(qmp, this.#input.id);
        await what(job);
        await this.#keepOutcome(job);
      } catch (error) {
        // It has just ended, or cannot be changed any more.
        if (!(error instanceof QmpError && error.kind === 'command')) throw error;
      }
    }, lossMs);
  }
}

/** Whether its outcome is known, or just asked for. */
function isSettled({ status }: Job): boolean {
  return status === 'concluded' || status === 'null';
}

function nextStatus(job: Job): Promise<void> {
  return new Promise((resolve) => {
    const stop = job.onStatus(() => {
      stop();
      resolve();
    });
  });
}

/** Somebody else has dismissed it, who alone knows how it ended. */
function isForgotten(error: unknown): error is QmpError {
  return error instanceof QmpError && error.class === 'DeviceNotActive';
}

/** How long the monitor may be away in that way. The job goes on whoever holds it. */
function patienceFor(error: unknown): number {
  const kind = isImageError(error) ? error.details['kind'] : error instanceof QmpError && error.kind;
  if (kind === 'busy') return Infinity;
  if (kind === 'unreachable') return goneMs;
  return kind === 'closed' || kind === 'timeout' ? lossMs : -1;
}

function stalled({ turns: { endpoint, side }, stallMs }: MonitorJobInput): ImageError {
  const words = `${endpoint.href}: the job in the machine moved nothing for ${stallMs / 1000} s; see what its disks wait for, and start the same copy again`;
  return new ImageError(words, { code: 'STALLED', origin: side, driver: 'qemu-stream', retryable: true });
}
