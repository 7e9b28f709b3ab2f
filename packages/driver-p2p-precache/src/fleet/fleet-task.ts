import { EventEmitter, on, setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { ImageError } from '@image-api/driver';
import type { Authority, Limits } from '@image-api/driver';
import { createHosts } from '@image-api/host';
import type { Hosts } from '@image-api/host';
import type { Entry } from '../cache/entry.ts';
import type { SwarmEngine, SwarmLimits, SwarmPeer } from '../engine/swarm-engine.ts';
import type { Content } from './far-entry.ts';
import { precacheSettings, readHosts } from './fleet-options.ts';
import type { PrecacheOptions, PrecacheSettings } from './fleet-options.ts';
import type { FleetProgress, FleetReport, HostProgress } from './fleet-report.ts';
import type { HostRun } from './host-run.ts';
import type { OriginRun } from './origin-run.ts';
import type { SwarmMembers } from './swarm-members.ts';

/** `lingering`: everybody who can have it has it, and goes on handing it out. `hosts`: how far each is. */
export type FleetEvent =
  | { readonly type: 'progress'; readonly progress: FleetProgress }
  | { readonly type: 'lingering'; readonly peers: readonly SwarmPeer[]; readonly seconds: number };

const longestTimerMs = 2 ** 31 - 1;
/** An engine that does not answer within so many milliseconds hangs: on a busy machine it may take a while. */
const [shortestAnswerMs, longestAnswerMs] = [3000, 15_000];
/** At least so many milliseconds between two tellings of progress. */
const tellMs = 250;

/**
 * An image on its way to many hosts. Iterate over it to hear how far it is; nothing is told again to who comes late.
 */
export class FleetTask implements AsyncIterable<FleetEvent> {
  readonly #settings: PrecacheSettings;
  readonly #authorities: ReadonlyMap<string, Authority>;
  readonly #hosts: Hosts;
  readonly #events = new EventEmitter();
  readonly #abort = new AbortController();
  readonly #signal: AbortSignal;
  readonly #done: Promise<FleetReport>;
  readonly #startedAtMs = performance.now();
  #limits: Limits;
  #runs: readonly HostRun[] = [];
  #origin: OriginRun | undefined;
  #isPaused = false;
  #infohash = '';
  #toldAtMs = 0;
  #isOver = false;

  /** @throws ImageError BAD_OPTION, BAD_ENDPOINT */
  constructor(from: string | Entry, hosts: readonly string[], options: PrecacheOptions = {}) {
    this.#settings = precacheSettings(options);
    this.#limits = this.#settings.limits;
    this.#hosts = createHosts({ ssh: { configFile: options.ssh?.configFile } });
    this.#authorities = readHosts(hosts);
    for (const authority of this.#authorities.values()) this.#hosts.ssh(authority);
    this.#signal = AbortSignal.any([this.#abort.signal, ...(options.signal ? [options.signal] : [])]);
    setMaxListeners(0, this.#signal);
    this.#done = this.#run(from);
    this.#done.catch(() => undefined);
  }

  /** How far each host is, in the order they were named. */
  get progress(): FleetProgress {
    return { hosts: this.children, originSent: this.#origin?.sent ?? 0, originRate: this.#origin?.rate ?? 0 };
  }

  /** One for each host. */
  get children(): readonly HostProgress[] {
    return this.#runs.map(({ progress }) => progress);
  }

  /**
   * Resolves when everybody has it, or has failed: the report says who. Nothing runs anywhere any more then.
   *
   * @throws ImageError CANCELLED, and what is wrong with the image
   */
  wait(): Promise<FleetReport> {
    return this.#done;
  }

  /** End it everywhere; while it lingers, end that, and it has succeeded. Resolves when nothing is left running on any host that can be reached. */
  async cancel(reason?: unknown): Promise<void> {
    this.#abort.abort(reason);
    await this.#done.catch(() => undefined);
  }

  /** What each machine may send, and receive. */
  get limits(): Limits {
    return this.#limits;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /**
   * In force at once, on each machine; answers what is in force there.
   *
   * @throws ImageError UNREACHABLE when an engine does not answer: those that do heed it, and the next one that is started there
   */
  async setLimits(limits: Limits): Promise<Limits> {
    this.#limits = limits;
    const [inForce] = await this.#ofEach((engine) => engine.setLimits('all', engineLimits(limits)));
    return inForce?.upload === undefined ? limits : (this.#limits = { bandwidth: inForce.upload });
  }

  /** Nothing of the image moves any more, between any machines. @throws ImageError as `setLimits` */
  async pause(): Promise<void> {
    this.#isPaused = true;
    await this.#ofEach((engine, infohash) => engine.pause(infohash));
  }

  /** @throws ImageError as `setLimits` */
  async resume(): Promise<void> {
    this.#isPaused = false;
    await this.#ofEach((engine, infohash) => engine.resume(infohash));
  }

  async *[Symbol.asyncIterator](): AsyncIterator<FleetEvent> {
    if (this.#isOver) return;
    for await (const [event] of on(this.#events, 'event', { close: ['over'] })) yield event as FleetEvent;
  }

  async #run(from: string | Entry): Promise<FleetReport> {
    let members: SwarmMembers | undefined;
    const ending = new AbortController();
    try {
      const parts = await fleetParts();
      const content = await parts.contentOf(from, this.#signal);
      const { infohash } = content.manifest;
      const { seed, admit } = this.#settings;
      members = new parts.SwarmMembers({ infohash, count: this.#authorities.size + 1, seed, isOpen: admit === 'anybody' });
      this.#begin(parts, content, typeof from === 'string' ? from : from.path, members, ending.signal);
      await Promise.all(this.#runs.map((run) => run.run()));
      await this.#linger(members);
      return this.#report(content);
    } catch (error) {
      throw this.#signal.aborted ? cancelled(this.#signal) : error;
    } finally {
      members?.close();
      ending.abort();
      await Promise.all([this.#origin?.ended(), ...this.#runs.map((run) => run.end())]);
      await this.#hosts.close();
      this.#isOver = true;
      this.#events.emit('over');
    }
  }

  #begin(
    { HostRun, OriginRun, originNumber }: FleetParts,
    content: Content,
    path: string,
    members: SwarmMembers,
    ending: AbortSignal,
  ): void {
    const { deadlineMs, lingerMs, cacheDir, fromCached, patienceMs } = this.#settings;
    this.#infohash = content.manifest.infohash;
    const endsAtMs = this.#startedAtMs + deadlineMs + lingerMs;
    const shared = {
      content,
      members,
      answerMs: Math.min(longestAnswerMs, Math.max(shortestAnswerMs, Math.round(patienceMs / 3))),
      limits: () => engineLimits(this.#limits),
      isPaused: () => this.#isPaused,
      seconds: () => Math.max(1, (endsAtMs - performance.now()) / 1000),
      onChange: () => this.#tell(),
    };
    const untilLate = AbortSignal.any([this.#signal, AbortSignal.timeout(Math.min(deadlineMs, longestTimerMs))]);
    // Each host has a few of its own.
    setMaxListeners(0, untilLate);
    const origin = new OriginRun({ ...shared, path, local: this.#hosts.local, signal: AbortSignal.any([this.#signal, ending]) });
    this.#origin = origin;
    const orders = {
      ...shared,
      cacheDir,
      fromCached,
      patienceMs,
      signal: untilLate,
      onNeed: (address: string) => origin.need(address),
      way: async (host: Parameters<Hosts['forward']>[0], port: number) => {
        const { socketPath, close } = await this.#hosts.forward(host, port);
        return { place: { socketPath }, close };
      },
    };
    this.#runs = [...this.#authorities].map(
      ([name, authority], index) => new HostRun(name, this.#hosts.ssh(authority), originNumber + 1 + index, orders),
    );
  }

  async #ofEach<T>(act: (engine: SwarmEngine, infohash: string) => Promise<T>): Promise<readonly T[]> {
    const engines = [this.#origin, ...this.#runs].flatMap((run) => run?.engine ?? []);
    const outcomes = await Promise.allSettled(engines.map((engine) => act(engine, this.#infohash)));
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed) throw failed.reason;
    return outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  }

  async #linger(members: SwarmMembers): Promise<void> {
    if (this.#signal.aborted) throw cancelled(this.#signal);
    const peers = members.peers();
    if (this.#settings.lingerMs === 0 || peers.length === 0) return;
    await members.open();
    this.#events.emit('event', { type: 'lingering', peers, seconds: this.#settings.lingerMs / 1000 } satisfies FleetEvent);
    // Whoever ends it now ends the lingering: what was to be done is done.
    await sleep(this.#settings.lingerMs, undefined, { signal: this.#signal }).catch(() => undefined);
  }

  #report({ manifest: { sha256, size } }: Content): FleetReport {
    const seconds = (performance.now() - this.#startedAtMs) / 1000;
    return { sha256, size, seconds, originSent: this.#origin?.sent ?? 0, hosts: this.#runs.map(({ report }) => report) };
  }

  #tell(): void {
    const nowMs = performance.now();
    const isOver = this.children.every(({ state }) => state === 'succeeded' || state === 'failed');
    if (nowMs - this.#toldAtMs < tellMs && !isOver) return;
    this.#toldAtMs = nowMs;
    this.#events.emit('event', { type: 'progress', progress: this.progress } satisfies FleetEvent);
  }
}

type FleetParts = Awaited<ReturnType<typeof fleetParts>>;

/** Loaded for a fleet only: whoever copies one image does not wait for it. */
async function fleetParts() {
  const [{ contentOf }, { HostRun }, { OriginRun }, { SwarmMembers, originNumber }] = await Promise.all([
    import('./content-of.ts'),
    import('./host-run.ts'),
    import('./origin-run.ts'),
    import('./swarm-members.ts'),
  ]);
  return { contentOf, HostRun, OriginRun, SwarmMembers, originNumber };
}

function engineLimits({ bandwidth }: Limits): SwarmLimits {
  return bandwidth === undefined ? {} : { download: bandwidth, upload: bandwidth };
}

function cancelled(signal: AbortSignal): ImageError {
  return new ImageError(
    'sending the image to the hosts was cancelled; what came stays in their caches, and the next try goes on from there',
    {
      code: 'CANCELLED',
      origin: 'caller',
      driver: 'p2p-precache',
      cause: signal.reason,
    },
  );
}
