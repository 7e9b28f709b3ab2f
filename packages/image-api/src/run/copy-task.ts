import type { ImageError, Limits, ReadyImage } from '@image-api/driver';
import { checkLimits } from '../plan/wish-of.ts';
import { winnerOf } from '../plan/make-plan.ts';
import type { Plan } from '../plan/plan.ts';
import type { AttemptListener } from './attempt.ts';
import { runAttempts } from './attempts.ts';
import type { AttemptsInput } from './attempts.ts';
import { Controls, unlessCancelled } from './controls.ts';
import { deferred } from './deferred.ts';
import { EventLog } from './event-log.ts';
import { failureOf } from './failure-of.ts';
import { learnFrom } from './learn-from.ts';
import { LimitKeeper } from './limit-keeper.ts';
import { notRunning } from './not-running.ts';
import { openLimitSource } from './open-limit-source.ts';
import { planAndTidy } from './plan-and-tidy.ts';
import { ProgressReporter } from './progress-reporter.ts';
import { publishedImage } from './published-image.ts';
import { resultOf } from './result-of.ts';
import { tellArrived } from './tell-arrived.ts';
import type { TaskInput } from './task-input.ts';
import type { AttemptRecord, Progress, Task, TaskEvent, TaskLimits, TaskResult, TaskState } from './task.ts';

/** A copy under way: queue, plan, attempts, and what the caller sees of them. */
export class CopyTask implements Task {
  readonly id: string;
  readonly request: Task['request'];
  readonly #input: TaskInput;
  readonly #abort = new AbortController();
  readonly #events = new EventLog();
  readonly #progress = new ProgressReporter((progress) => this.#events.push({ type: 'progress', progress }));
  readonly startedAt: Date = new Date();
  readonly #startedAtMs = performance.now();
  readonly #done: Promise<TaskResult>;
  readonly #ready = deferred<ReadyImage>();
  #controls = new Controls({});
  readonly #keeper = new LimitKeeper(openLimitSource, (limits, reason) => this.#emit({ type: 'limits', limits, reason }));
  #charged: 'wire' | 'image' = 'image';
  #state: TaskState = 'queued';
  #plan: Plan | undefined;
  #driver: string | undefined;
  #image: ReadyImage | undefined;

  constructor(input: TaskInput) {
    this.#input = input;
    this.id = input.id;
    this.request = { from: String(input.from), to: String(input.to), options: input.options };
    const { signal } = input.options;
    const cancel = (): void => this.#abort.abort(signal?.reason);
    if (signal?.aborted) cancel();
    signal?.addEventListener('abort', cancel, { once: true });
    // Nothing may happen before the caller has the task in hand.
    this.#done = new Promise<void>((resolve) => setImmediate(resolve)).then(() => this.#input.during(() => this.#run()));
    const settled = (): void => signal?.removeEventListener('abort', cancel);
    this.#done.then(settled, settled);
    this.#ready.promise.catch(() => undefined);
  }

  get state(): TaskState {
    return this.#state;
  }

  get plan(): Plan | undefined {
    return this.#plan;
  }

  get driver(): string | undefined {
    return this.#driver;
  }

  get limits(): Limits {
    return this.#controls.limits;
  }

  get image(): ReadyImage | undefined {
    return this.#image;
  }

  get progress(): Progress {
    return this.#progress.current;
  }

  ready(): Promise<ReadyImage> {
    return this.#ready.promise;
  }

  wait(): Promise<TaskResult> {
    return this.#done;
  }

  async pause(): Promise<void> {
    if (this.#state === 'paused') return;
    if (this.#state !== 'running') throw notRunning(this.#state);
    await this.#controls.pause(this.#driver ?? 'no driver yet');
    this.#keeper.paused(true);
    // It may have ended while the driver was being asked.
    if (this.#state === 'running') this.#enter('paused');
  }

  async resume(): Promise<void> {
    if (this.#state !== 'paused') return;
    await this.#controls.resume();
    this.#keeper.paused(false);
    if (this.#state === 'paused') this.#enter('running');
  }

  async setLimits(limits: TaskLimits): Promise<Limits> {
    const wanted = checkLimits(limits);
    if (this.#state !== 'running' && this.#state !== 'paused') throw notRunning(this.#state);
    const inForce = await this.#keeper.change(wanted, this.#controls, this.#driver ?? 'no driver yet', this.#abort.signal);
    this.#emit({ type: 'limits', limits: inForce });
    return inForce;
  }

  async cancel(reason?: string): Promise<'cancelled' | 'succeeded' | 'failed'> {
    this.#abort.abort(reason);
    await this.#done.catch(() => undefined);
    return this.#state as 'cancelled' | 'succeeded' | 'failed';
  }

  [Symbol.asyncIterator](): AsyncGenerator<TaskEvent, void, undefined> {
    return this.#events.read();
  }

  async #run(): Promise<TaskResult> {
    let leave: (() => void) | undefined;
    try {
      leave = await this.#input.enter(this.#abort.signal);
      this.#enter('running');
      const result = await this.#copy();
      this.#enter('succeeded');
      this.#emit({ type: 'result', result });
      return result;
    } catch (thrown) {
      throw this.#failed(thrown);
    } finally {
      await this.#keeper.close().catch(() => undefined);
      leave?.();
    }
  }

  async #copy(): Promise<TaskResult> {
    const { signal } = this.#abort;
    const planner = await unlessCancelled(signal, this.#input.planner());
    const ready = await unlessCancelled(signal, planAndTidy({ ...this.#input, signal }, planner));
    this.#plan = ready.plan;
    this.#emit({ type: 'plan', plan: ready.plan });
    const winner = winnerOf(ready);
    this.#controls = new Controls(winner.offer.limits ?? ready.plan.limits);
    this.#charged = winner.offer.charged ?? 'image';
    await this.#keeper.begin(ready.bound, this.#controls, signal);
    this.#progress.begin(ready.plan.from.facts.size);
    const input: AttemptsInput = {
      ready,
      retry: planner.config.retry,
      env: planner.env,
      signal,
      controls: this.#controls,
      ledger: planner.ledger,
      position: () => this.#progress.current.bytesLogical,
      listenerFor: (driver, number, after) => this.#listen(driver, number, after),
      waiting: (driver, number, retryInSeconds, { code, message }) =>
        this.#emit({ type: 'attempt', driver, number, retryInSeconds, after: { code, message } }),
    };
    const { answer: attempts, alone } = await this.#input.company.during(() => runAttempts(input));
    this.#usable(this.#image ?? publishedImage(ready));
    const warned = await tellArrived({ ready, planner, outcome: attempts.outcome, signal, begin: () => this.#progress.phase('keep') });
    const counters = this.#progress.finish(attempts.outcome.report.counters);
    learnFrom({ ready, attempts, counters, steered: this.#controls.heldBack.aborted, alone }, planner.history);
    const seconds = (performance.now() - this.#startedAtMs) / 1000;
    return resultOf(this.id, ready.plan, attempts, { counters, seconds }, warned);
  }

  #listen(driver: string, number: number, after: AttemptRecord['error']): AttemptListener {
    this.#driver = driver;
    return {
      begin: (held, kept) => {
        this.#progress.attempt();
        this.#emit({ type: 'attempt', driver, number, ...(held && { held }), ...(kept > 0 && { kept }), ...(after && { after }) });
      },
      report: (update) => {
        this.#progress.report(update);
        this.#keeper.moved(this.#progress.charged(this.#charged));
      },
      phase: (phase) => this.#progress.phase(phase),
      ready: (image) => {
        this.#usable(image);
        this.#emit({ type: 'ready', uri: image.uri });
      },
    };
  }

  #usable(image: ReadyImage): void {
    this.#image ??= image;
    this.#ready.resolve(this.#image);
  }

  #failed(thrown: unknown): ImageError {
    const error = failureOf(thrown, this.request, this.#abort.signal);
    this.#progress.stop();
    this.#enter(error.code === 'CANCELLED' ? 'cancelled' : 'failed');
    this.#ready.reject(error);
    this.#emit({ type: 'error', error });
    return error;
  }

  #enter(state: TaskState): void {
    this.#state = state;
    this.#emit({ type: 'state', state });
  }

  #emit(event: TaskEvent): void {
    this.#events.push(event);
  }
}
