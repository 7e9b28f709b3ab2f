import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Driver, Environment, ProgressUpdate, ReadyImage, TransferContext, TransferReport, TransferRequest } from '@image-api/driver';
import type { Content } from '../content/content.ts';
import type { Stage } from '../stage.ts';
import type { Rule } from './breach.ts';
import { gatherEvidence, judgeEvidence } from './evidence.ts';
import { allPids, leftOver } from './processes.ts';
import { TransferControls } from './transfer-controls.ts';
import { UpdateWatch } from './update-watch.ts';

const pollMs = 5;

/** What a transfer is made of. */
export interface TransferInput {
  readonly driver: Driver;
  readonly env: Environment;
  readonly stage: Stage;
  readonly content: Content;
  readonly request: TransferRequest;
  readonly tell: (rule: Rule, seen: string) => void;
  readonly options: TransferOptions;
  /** Bytes of the image that are there by now. */
  readonly arrived: () => number;
}

export interface TransferOptions {
  /** `fill` puts content near, `transfer` copies. Default `transfer`. */
  readonly method?: 'transfer' | 'fill';
  /** It is cancelled before it starts. */
  readonly aborted?: boolean;
  /** The test lets go of ready images itself, by `release()`. */
  readonly keepReady?: boolean;
  readonly onUpdate?: (update: ProgressUpdate) => void;
}

/** How it ended. */
export interface Outcome {
  readonly report?: TransferReport;
  /** What it rejected with, an `ImageError` or not. */
  readonly error?: unknown;
  readonly durationMs: number;
  /** On the clock of `performance.now()`. */
  readonly endedAtMs: number;
}

/** A driver at work, in the core's hand; whatever must hold for any copy is looked after. */
export class RunningTransfer {
  /** Resolves when it has settled and was looked over; never rejects. */
  readonly outcome: Promise<Outcome>;
  readonly controls: TransferControls;
  readonly updates: ProgressUpdate[] = [];
  readonly readyImages: ReadyImage[] = [];
  /** True as soon as the driver is done. */
  settled = false;
  readonly #input: TransferInput;
  readonly #abort = new AbortController();
  readonly #folder: string;
  readonly #pidsBefore: ReadonlySet<number> = new Set(allPids());

  constructor(input: TransferInput) {
    this.#input = input;
    this.#folder = dirname(dirname(input.stage.files.to));
    this.controls = new TransferControls(input.request.limits);
    if (input.options.aborted) this.abort();
    this.outcome = this.#run();
  }

  abort(): void {
    this.#abort.abort();
  }

  /** Wait until so many bytes of an image without holes have arrived. False when it was over before. */
  async reaches(bytes: number): Promise<boolean> {
    while (!this.settled && this.#input.arrived() < bytes) await sleep(pollMs);
    return !this.settled;
  }

  /** Wait until an image is ready. False when it was over before. */
  async reachesReady(): Promise<boolean> {
    while (!this.settled && this.readyImages.length === 0) await sleep(pollMs);
    return !this.settled;
  }

  /** Let go of the images that were handed out as ready: the last that may still run. */
  async release(): Promise<void> {
    const { tell } = this.#input;
    await Promise.all(this.readyImages.map((image) => image.release()));
    for (const { pid, command } of await leftOver(this.#folder, this.#pidsBefore)) tell('no process is left', `process ${pid}: ${command}`);
  }

  async #run(): Promise<Outcome> {
    const { stage, tell, options, driver } = this.#input;
    const before = gatherEvidence(stage);
    const outcome = await this.#work();
    this.settled = true;
    for (const [rule, seen] of judgeEvidence(before, gatherEvidence(stage), outcome.error)) tell(rule, seen);
    if (!driver.capabilities.pause && this.controls.seen.has('pause')) tell('pause is only answered by who claims it', 'it registered how');
    if (driver.capabilities.limits !== 'live' && this.controls.seen.has('limits')) {
      tell('live limits are only answered by who claims them', 'it registered how');
    }
    if (!options.keepReady) await this.release();
    return outcome;
  }

  async #work(): Promise<Outcome> {
    const { driver, request, options, content, tell } = this.#input;
    const scratchDir = mkdtempSync(join(tmpdir(), 'image-api-scratch-'));
    // What a guest sees of an image and the bytes it is kept in are two sizes.
    const size = request.toFormat === undefined ? content.size : Infinity;
    const watch = new UpdateWatch(size, driver.capabilities, tell);
    const context = this.#context(scratchDir, watch);
    const startedAtMs = performance.now();
    const times = (): Pick<Outcome, 'durationMs' | 'endedAtMs'> => {
      const endedAtMs = performance.now();
      return { durationMs: endedAtMs - startedAtMs, endedAtMs };
    };
    try {
      const report = await (options.method === 'fill' ? driver.fill?.(request, context) : driver.transfer(request, context));
      const ended = times();
      if (report) watch.report(report);
      return { ...(report && { report }), ...ended };
    } catch (error) {
      return { error, ...times() };
    } finally {
      const left = readdirSync(scratchDir);
      if (left.length > 0) tell('the scratch directory is left empty', `it holds ${left.join(', ')}`);
      rmSync(scratchDir, { recursive: true });
    }
  }

  #context(scratchDir: string, watch: UpdateWatch): TransferContext {
    const { driver, env, stage, tell, options } = this.#input;
    const { signal } = this.#abort;
    return {
      env,
      signal,
      scratchDir,
      hosts: stage.hosts,
      report: (update) => {
        this.updates.push(update);
        watch.update(update);
        options.onUpdate?.(update);
      },
      ready: (image) => {
        this.readyImages.push(image);
        if (!driver.capabilities.readyEarly) tell('ready is only called by who claims it', image.uri);
      },
      checkpoint: (bytes) => this.controls.checkpoint(bytes, signal),
      onControl: this.controls.onControl,
    };
  }
}
