import { setTimeout as sleep } from 'node:timers/promises';
import { ImageError } from '@image-api/driver';
import { createHosts } from '@image-api/host';
import { QmpError } from '@image-api/qmp';
import type { Daemon } from '../daemon/daemon.ts';
import { startDaemon } from '../daemon/start-daemon.ts';
import { explainJobError } from '../qemu-stream-errors.ts';
import { allocatedBytes } from './allocated-bytes.ts';
import { buildGraph, dropSource } from './build-graph.ts';
import { FetchNews } from './fetch-news.ts';
import type { FetchWatch } from './fetch-watch.ts';
import { keeperSockets } from './keeper-directory.ts';
import type { KeeperMessage, ServeOrder, Served } from './messages.ts';
import { isRemote, nameOf } from './name-of.ts';
import { openSource } from './open-source.ts';
import type { OpenSource } from './open-source.ts';
import { names, overlayNode } from './overlay-node.ts';
import { sameTerms } from './same-terms.ts';
import { isHung, onOtherTerms, stalled } from './service-errors.ts';
import { SpeedTrim } from './speed-trim.ts';
import { StallWatch } from './stall-watch.ts';
import { StreamJob } from './stream-job.ts';
import { watchServed } from './watch-served.ts';

const flushMs = 30 * 60_000;
const goneMs = 2000;
const lastLookMs = 500;
/** A daemon that is only asked how it is answers within a hundredth of this. */
const answerMs = 5000;

interface Serving {
  readonly order: ServeOrder;
  readonly source: OpenSource;
  readonly daemon: Daemon;
  readonly fetches: FetchWatch;
  readonly news: FetchNews;
  readonly size: number;
  readonly present: number;
}

/** A daemon that hands out one image, and brings the rest of it in the background. */
export class StreamService {
  readonly #directory: string;
  #tell: (news: KeeperMessage) => void = () => undefined;
  #serving: Promise<Serving> | undefined;
  #daemon: Daemon | undefined;
  #source: OpenSource | undefined;
  #job: StreamJob | undefined;
  #running: Promise<void> | undefined;
  #speed = 0;
  readonly #trim = new SpeedTrim();
  #isPaused = false;
  #isComplete = false;
  /** Absent until it is served. */
  #served: Serving | undefined;

  /** @param directory private, for its sockets */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Whom to tell the news: whoever has the lease. */
  listen(tell: (news: KeeperMessage) => void): void {
    this.#tell = tell;
  }

  /** What is to be told of what is served, and how many connections to it are our own; absent until it is. */
  get served(): { readonly writable: boolean; readonly complete: boolean; readonly ours: number } | undefined {
    const { order, fetches } = this.#served ?? {};
    return order && fetches && { writable: order.writable, complete: this.#isComplete, ours: fetches.isConnected ? 1 : 0 };
  }

  get isGone(): boolean {
    return this.#daemon?.isDead ?? false;
  }

  /** Asks it, so that one that died just now is known to have. */
  async isDead(): Promise<boolean> {
    const asked = this.#daemon?.monitor.execute('query-jobs', undefined, { timeoutMs: answerMs });
    return (
      (await asked?.then(
        () => false,
        () => true,
      )) ?? false
    );
  }

  /** Rejects when the daemon ends by itself. */
  async died(): Promise<never> {
    const { daemon } = await this.#insist();
    return daemon.failed;
  }

  /**
   * Hand the image out. What is handed out already goes on being so.
   *
   * @throws ImageError what is wrong with either end, `DESTINATION_BUSY` when it is handed out on other terms
   */
  async serve(order: ServeOrder): Promise<Served> {
    const serving = await (this.#serving ??= this.#serve(order));
    if (!sameTerms(serving.order, order)) throw onOtherTerms();
    serving.news.begin();
    return { socket: keeperSockets(this.#directory).disk, size: serving.size, present: serving.present };
  }

  async #serve(order: ServeOrder): Promise<Serving> {
    const { local } = createHosts();
    const onTrouble = (trouble: ImageError | undefined): void => this.#tell({ trouble: trouble?.message ?? null });
    const present = await allocatedBytes(order.to);
    const source = await openSource(order, this.#directory, onTrouble);
    this.#source = source;
    const daemon = await startDaemon({ host: local, directory: this.#directory, limits: { memory: order.memory } });
    this.#daemon = daemon;
    const building = buildGraph(
      { monitor: daemon.monitor, directory: this.#directory, signal: new AbortController().signal },
      source.at,
      order,
      keeperSockets(this.#directory).disk,
    );
    building.catch(() => undefined);
    const { size, marked } = await Promise.race([building, daemon.failed]);
    const watching = watchServed(daemon.monitor, keeperSockets(this.#directory).disk, order, marked, () => this.#tellOfReads());
    watching.catch(() => undefined);
    const fetches = await Promise.race([watching, daemon.failed]);
    return (this.#served = { order, source, daemon, fetches, news: new FetchNews(source, fetches, size), size, present });
  }

  /** Where nothing else tells how far it is. */
  #tellOfReads(): void {
    if (this.#served && !this.#job && !this.#isComplete) this.#tell({ progress: this.#served.news.progress() });
  }

  /** Bring everything that is missing. Resolves when it is there and on disk. */
  async stream(speed: number): Promise<void> {
    // Before anything is waited for: what is said from now on is about this one.
    this.#speed = speed;
    this.#isPaused = false;
    const serving = await this.#insist();
    await this.stop();
    if (this.#isComplete) return;
    this.#running = this.#stream(serving);
    await this.#running;
  }

  async #stream(serving: Serving): Promise<void> {
    const { daemon, order } = serving;
    const watch = new StallWatch(order.stallMs);
    const work = this.#work(serving, watch);
    work.catch(() => undefined);
    try {
      await Promise.race([work, daemon.failed, watch.stalled]);
    } catch (error) {
      // Its monitor is lost a moment before it is known to be gone.
      if (error instanceof QmpError && error.kind === 'closed') await Promise.race([daemon.failed, sleep(goneMs)]);
      if (!isHung(error)) throw error;
      // It would not hear us.
      await daemon.end(0);
      throw stalled(nameOf(order.from), order.stallMs);
    } finally {
      watch.stop();
      this.#job = undefined;
    }
  }

  async #work(serving: Serving, watch: StallWatch): Promise<void> {
    const { daemon, order, source, fetches, news } = serving;
    await fetches.begin();
    const speed = this.#speed;
    const job = await StreamJob.start(daemon.monitor, speed);
    this.#job = job;
    if (this.#isPaused) await job.pause();
    if (this.#speed !== speed) await job.setSpeed(this.#speed);
    this.#trim.reset();
    const failure = await job.run({
      onLook: ({ status, 'current-progress': offset }) => {
        watch.look(`${status} ${offset}`, { paused: this.#isPaused, speed: this.#speed });
        if (status === 'running') this.#trimSpeed(job, Number(offset));
        fetches.advance(Number(offset));
        this.#tell({ progress: news.progress(Number(offset)) });
      },
      flush: () => {
        // A slow disk may have gigabytes to write.
        watch.stop();
        return this.#flush(daemon, false);
      },
    });
    if (failure !== undefined) throw source.failure ?? explainJobError(failure, nameOf(order.from), order.to, isRemote(order.from));
    await this.#flush(daemon, true);
    await source.check();
    await dropSource(daemon.monitor);
    await this.#closeSource();
    this.#isComplete = true;
  }

  /** QEMU has no order of its own for it; to open an image again in the same way is to write down all that is held of it. */
  async #flush(daemon: Daemon, complete: boolean): Promise<void> {
    const options = [overlayNode(complete ? undefined : names.source)];
    await daemon.monitor.execute('blockdev-reopen', { options }, { timeoutMs: flushMs });
  }

  #trimSpeed(job: StreamJob, offset: number): void {
    const told = this.#speed === 0 || this.#isPaused ? undefined : this.#trim.look(this.#speed, offset, performance.now());
    // What fails here fails for the job as a whole, and is told there.
    if (told !== undefined) void job.setSpeed(told).catch(() => undefined);
  }

  /** @param speed bytes per second, 0 for no limit */
  async setSpeed(speed: number): Promise<void> {
    this.#speed = speed;
    this.#trim.reset();
    await this.#job?.setSpeed(speed);
  }

  async pause(): Promise<void> {
    this.#isPaused = true;
    await this.#job?.pause();
  }

  async resume(): Promise<void> {
    this.#isPaused = false;
    this.#trim.reset();
    await this.#job?.resume();
  }

  /** Bring nothing more. What is there is kept, and served. */
  async stop(): Promise<void> {
    await this.#job?.cancel();
    await this.#running?.catch(() => undefined);
  }

  /** Put everything on disk and end. */
  async end(): Promise<void> {
    // A daemon that is only just starting ends when it has.
    await this.#serving?.catch(() => undefined);
    // One that hangs does not answer.
    if (!this.#isComplete) await Promise.race([this.#served?.fetches.look(), sleep(lastLookMs)]);
    this.#served?.fetches.stop();
    await this.#daemon?.end();
    await this.#closeSource();
  }

  async #closeSource(): Promise<void> {
    await this.#source?.close();
    this.#source = undefined;
  }

  #insist(): Promise<Serving> {
    return this.#serving ?? Promise.reject(new ImageError('nothing is served yet', { code: 'INTERNAL', origin: 'driver' }));
  }
}
