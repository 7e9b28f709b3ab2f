import { randomUUID } from 'node:crypto';
import { ImageError } from '@image-api/driver';
import type { Endpoint, Environment, Host, Logger } from '@image-api/driver';
import { createHosts } from '@image-api/host';
import type { Hosts } from '@image-api/host';
import type { DriverStatus, ImageApi } from './api.ts';
import { collectGarbage } from './collect-garbage.ts';
import type { GcOptions, GcReport } from './collect-garbage.ts';
import type { Config, ResolvedConfig } from './config/config.ts';
import { loadConfig } from './config/load-config.ts';
import { resolveConfig } from './config/resolve-config.ts';
import { ControlServer } from './control/control-server.ts';
import { writeFinished } from './control/finished-tasks.ts';
import { endedRecordOf } from './control/task-record.ts';
import type { CopyOptions } from './copy-options.ts';
import { Company } from './history/company.ts';
import { History } from './history/history.ts';
import { loadDrivers } from './drivers/load-driver.ts';
import { ProbeCache } from './drivers/probe-cache.ts';
import { makePlan } from './plan/make-plan.ts';
import type { Planner } from './plan/make-plan.ts';
import type { Plan } from './plan/plan.ts';
import { unlessCancelled } from './run/controls.ts';
import { CopyTask } from './run/copy-task.ts';
import { Ledger } from './run/ledger.ts';
import { Queue } from './run/queue.ts';
import type { Task } from './run/task.ts';

/** What an instance is made with besides its configuration. */
export interface ImageApiOptions {
  /** Files or directories whose `node_modules` are searched for drivers, after the config file's own. */
  readonly resolveFrom?: readonly string[];
  /** Where remarks go. Default: nowhere. */
  readonly logger?: Logger;
}

/**
 * An instance with a configuration of its own. Reads nothing until it is first used.
 *
 * @param config an object as `defineConfig` takes it, or what `loadConfig` gave; absent: the nearest config file, as for `copy`
 */
export function createImageApi(config?: Config | ResolvedConfig, options: ImageApiOptions = {}): ImageApi {
  return new Instance(config, options);
}

const silent: Logger = { debug: () => undefined, warn: () => undefined };

/** Node takes no more. */
const longestTimerMs = 2 ** 31 - 1;

/** Connections are kept this long after the last copy, for the next one. They never keep the process alive. */
const lingerMs = 1000;

class Instance implements ImageApi {
  readonly #config: Config | ResolvedConfig | undefined;
  readonly #options: ImageApiOptions;
  readonly #probes = new ProbeCache();
  readonly #tasks = new Set<Task>();
  #planner: Promise<Planner> | undefined;
  #hosts: Hosts | undefined;
  #queue: Queue | undefined;
  #control: ControlServer | undefined;
  /** Of tasks: what is written down of them when they are over. */
  readonly #endings = new Set<Promise<void>>();
  readonly #company = new Company();
  #active = 0;
  #closing: NodeJS.Timeout | undefined;
  #disposing: Promise<void> | undefined;

  constructor(config: Config | ResolvedConfig | undefined, options: ImageApiOptions) {
    this.#config = config;
    this.#options = options;
  }

  copy(from: string | URL, to: string | URL, options: CopyOptions = {}): Task {
    const task = new CopyTask({
      id: randomUUID(),
      from,
      to,
      options,
      enter: async (signal) => (await this.#queueOf()).enter(signal),
      planner: () => this.#readyToCopy(),
      during: (work) => this.#during(work),
      company: this.#company,
    });
    this.#tasks.add(task);
    const ended = async (): Promise<void> => {
      this.#tasks.delete(task);
      if (this.#control) await writeFinished(await endedRecordOf(task));
    };
    const ending = task.wait().then(ended, ended);
    this.#endings.add(ending);
    void ending.then(() => this.#endings.delete(ending));
    return task;
  }

  async plan(from: string | URL, to: string | URL, options: CopyOptions = {}): Promise<Plan> {
    return this.#during(async () => {
      const signal = options.signal ?? new AbortController().signal;
      const making = this.#ready().then((planner) => makePlan({ id: randomUUID(), from, to, options, signal }, planner));
      return (await unlessCancelled(signal, making)).plan;
    });
  }

  async drivers(): Promise<readonly DriverStatus[]> {
    const { drivers, env } = await this.#ready();
    return Promise.all(
      drivers.map(async (driver) => ({
        id: driver.id,
        capabilities: driver.capabilities,
        availability: await this.#probes.probe(driver, env),
      })),
    );
  }

  gc(options: GcOptions = {}): Promise<GcReport> {
    return this.#during(async () => collectGarbage(options, await this.#ready()));
  }

  dispose(): Promise<void> {
    this.#disposing ??= this.#dispose();
    return this.#disposing;
  }

  async #dispose(): Promise<void> {
    await Promise.all([...this.#tasks].map((task) => task.cancel('the instance was disposed')));
    await Promise.all(this.#endings);
    await this.#control?.close();
    clearTimeout(this.#closing);
    // What is still being loaded is waited for, and what failed to load has nothing to dispose of.
    const planner = await this.#planner?.catch(() => undefined);
    const outcomes = await Promise.allSettled((planner?.drivers ?? []).map(async (driver) => driver.dispose?.()));
    await this.#hosts?.close();
    await planner?.history?.settled();
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed) throw failed.reason;
  }

  /** Configuration and drivers, loaded when first needed. A failure is not remembered: the user may mend the file. */
  #ready(): Promise<Planner> {
    if (this.#disposing)
      throw new ImageError('this instance was disposed: make another with createImageApi()', { code: 'BAD_OPTION', origin: 'caller' });
    this.#planner ??= this.#load().catch((error: unknown) => {
      this.#planner = undefined;
      throw error;
    });
    return this.#planner;
  }

  /** The first copy opens the socket by which others find it; those that cannot have one are copied all the same. */
  async #readyToCopy(): Promise<Planner> {
    const planner = await this.#ready();
    if (!planner.config.control || this.#control || this.#disposing) return planner;
    try {
      this.#control = new ControlServer(() => this.#tasks);
    } catch (error) {
      planner.env.logger.warn(
        `the copies of this process cannot be steered from outside: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
    return planner;
  }

  async #load(): Promise<Planner> {
    const config = await resolvedConfig(this.#config);
    const bases = [...(config.file === undefined ? [] : [config.file]), `${process.cwd()}/`, ...(this.#options.resolveFrom ?? [])];
    const logger = this.#options.logger ?? silent;
    const drivers = await loadDrivers(config.drivers, bases, logger);
    const hosts = createHosts({ ssh: config.ssh });
    const env: Environment = { local: hosts.local, logger };
    this.#hosts = hosts;
    return {
      config,
      drivers,
      probes: this.#probes,
      env,
      ledger: new Ledger(),
      ...(config.history && { history: new History(logger) }),
      finder: { hostOf: (endpoint) => hostOf(hosts, endpoint) },
    };
  }

  async #queueOf(): Promise<Queue> {
    const { config } = await this.#ready();
    this.#queue ??= new Queue(config.concurrency);
    return this.#queue;
  }

  /** Connections are closed when nothing has used them for a moment. */
  async #during<T>(work: () => Promise<T>): Promise<T> {
    clearTimeout(this.#closing);
    this.#active += 1;
    // A copy that is paused waits for nothing that Node knows of, and must not end the process.
    const alive = setInterval(() => undefined, longestTimerMs);
    try {
      return await work();
    } finally {
      clearInterval(alive);
      this.#active -= 1;
      if (this.#active === 0) this.#closing = setTimeout(() => void this.#hosts?.close(), lingerMs).unref();
    }
  }
}

async function resolvedConfig(config: Config | ResolvedConfig | undefined): Promise<ResolvedConfig> {
  if (config === undefined) return loadConfig({ cwd: process.cwd() });
  return resolveConfig(config);
}

function hostOf(hosts: Hosts, endpoint: Endpoint): Host | undefined {
  if (endpoint.scheme === 'file') return hosts.local;
  return endpoint.scheme === 'ssh' && endpoint.authority ? hosts.ssh(endpoint.authority) : undefined;
}
