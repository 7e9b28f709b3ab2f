import { setTimeout as sleep } from 'node:timers/promises';
import type { Host, ImageError } from '@image-api/driver';
import { keepTrying } from '@image-api/host';
import type { SwarmEngine, SwarmStats } from '../engine/swarm-engine.ts';
import { StallJudge } from '../swarm/stall-judge.ts';
import { CameBytes } from './came-bytes.ts';
import { chooseOlder } from './choose-older.ts';
import { farEnginePlace } from './far-engine-place.ts';
import { admitFar, deliverBeside, recheckFar } from './far-entry.ts';
import type { FarEntry } from './far-entry.ts';
import { asImageError, cameMeanwhile, cutOffLater, diskFailed, noRoom, nothingCame, tookTooLong } from './fleet-errors.ts';
import type { HostProgress, HostReport, HostState } from './fleet-report.ts';
import { heedOrders } from './heed-orders.ts';
import type { HostOrders } from './host-orders.ts';
import { lookAround } from './look-around.ts';
import type { Surroundings } from './look-around.ts';
import { PeerBytes } from './peer-bytes.ts';
import { dataOf } from './saved-bytes.ts';
import { startEngine } from './start-engine.ts';
import type { RunningEngine } from './start-engine.ts';

/** While it comes, and while the engine looks what there is, which is a matter of a moment mostly. */
const lookMs = { downloading: 500, checking: 100 };
/** A host may have a link so slow, in bytes per second, and others on the same. */
const slowLink = 2 ** 20;

/** Gets the image to one host, tries again what may pass, and then lets the host hand it out until the end. */
export class HostRun {
  readonly name: string;
  readonly #host: Host;
  readonly #number: number;
  readonly #orders: HostOrders;
  #engine: RunningEngine | undefined;
  #state: HostState = 'connecting';
  #verified = 0;
  #rate = 0;
  #error: ImageError | undefined;
  readonly #startedAtMs = performance.now();
  #seconds = 0;
  #outcome: HostReport['outcome'] = 'failed';
  readonly #came = new CameBytes();
  readonly #banned = new Set<string>();

  /** @param number in the swarm */
  constructor(name: string, host: Host, number: number, orders: HostOrders) {
    this.name = name;
    this.#host = host;
    this.#number = number;
    this.#orders = orders;
  }

  get progress(): HostProgress {
    const { size } = this.#orders.content.manifest;
    const error = this.#error && { error: this.#error };
    return { host: this.name, state: this.#state, size, verified: this.#verified, rate: this.#rate, ...error };
  }

  get report(): HostReport {
    return {
      host: this.name,
      outcome: this.#outcome,
      seconds: this.#seconds,
      ...this.#came.report,
      banned: [...this.#banned],
      ...(this.#error && { error: this.#error }),
    };
  }

  /** See it through. Never rejects: what came of it is in the report. */
  async run(): Promise<void> {
    const { signal, patienceMs } = this.#orders;
    try {
      this.#outcome = await keepTrying({
        name: this.name,
        signal,
        patienceMs,
        once: () => this.#try(),
        progress: () => this.#came.all,
        onTrouble: (error) => this.#enter(error ? 'retrying' : this.#state, error),
      });
      this.#verified = this.#orders.content.manifest.size;
      this.#enter('succeeded');
    } catch (error) {
      const isLate = (signal.reason as Error | undefined)?.name === 'TimeoutError';
      this.#outcome = signal.aborted && !isLate ? 'cancelled' : 'failed';
      if (this.#outcome === 'failed') this.#orders.members.lose(this.#number);
      this.#enter(
        this.#outcome,
        this.#outcome === 'cancelled' ? undefined : isLate ? tookTooLong(this.name) : asImageError(error, this.name),
      );
    } finally {
      this.#rate = 0;
      this.#seconds = (performance.now() - this.#startedAtMs) / 1000;
    }
  }

  /** While it runs and has the image. */
  get engine(): SwarmEngine | undefined {
    return this.#engine;
  }

  /** Hand nothing out any more. */
  async end(): Promise<void> {
    this.#orders.members.leave(this.#number);
    await this.#engine?.dispose();
    this.#engine = undefined;
  }

  async #try(): Promise<'fetched' | 'present'> {
    const { content, cacheDir, fromCached, signal } = this.#orders;
    const { sha256 } = content.manifest;
    this.#enter('connecting');
    const found = await lookAround(this.#host, { sha256, cacheDir, withOlder: fromCached !== 'never', signal });
    const entry = { host: this.#host, directory: found.directory, sha256, signal };
    return this.#bring(entry, found).catch((error: unknown) => Promise.reject(cutOffLater(error, this.name)));
  }

  async #bring(entry: FarEntry, found: Surroundings): Promise<'fetched' | 'present'> {
    const { content, fromCached } = this.#orders;
    if (await this.#hasIt(found, entry)) return 'present';
    const older = chooseOlder(found.older, fromCached, content.manifest);
    this.#checkRoom(found, older);
    return this.#fetch(entry, found, older);
  }

  async #hasIt({ image }: Surroundings, entry: FarEntry): Promise<boolean> {
    const { sha256, size } = this.#orders.content.manifest;
    if (!image || image.size !== size || image.sha256 !== sha256) return false;
    if (image.checked === JSON.stringify(image.state)) return true;
    this.#enter('verifying');
    return recheckFar(entry);
  }

  #checkRoom({ free, part = 0, directory }: Surroundings, older: string | undefined): void {
    const wanted = dataOf(this.#orders.content) - part;
    // How much of a clone is another one's already nobody can tell.
    if (older === undefined && wanted > free) throw noRoom(this.name, directory, wanted, free);
  }

  async #fetch(entry: FarEntry, found: Surroundings, older: string | undefined): Promise<'fetched' | 'present'> {
    const { content, members, signal, seconds, onNeed, answerMs } = this.#orders;
    onNeed(found.ourAddress);
    members.announce(this.#number, found.address);
    let engine: RunningEngine | undefined;
    let delivered: Promise<void> | undefined;
    try {
      const onLine = (line: string): void => {
        if (line === 'waiting') this.#enter('waiting');
      };
      const started = await startEngine(farEnginePlace(entry, found.address, this.#orders, older), {
        signal,
        seconds: seconds(),
        onLine,
        answerMs,
      });
      if (started === 'there') throw cameMeanwhile(this.name);
      engine = started;
      await engine.setLimits('all', this.#orders.limits());
      const received = this.#receive(engine, found, older !== undefined);
      delivered = deliverBeside(entry, content);
      await Promise.race([engine.died, Promise.all([received, delivered])]);
      this.#enter('verifying');
      await Promise.race([engine.died, admitFar(entry)]);
      return 'fetched';
    } catch (error) {
      members.leave(this.#number);
      this.#engine = undefined;
      await engine?.dispose();
      // The next try delivers to the same place.
      await delivered?.catch(() => undefined);
      throw error;
    }
  }

  /** Until every piece is there. */
  async #receive(engine: RunningEngine, { part = 0, ourAddress }: Surroundings, cloned: boolean): Promise<void> {
    const { content, members, patienceMs, signal } = this.#orders;
    const { manifest, torrent } = content;
    this.#enter('checking');
    await members.guard(engine);
    await engine.add(manifest, torrent, '');
    this.#engine = engine;
    await heedOrders(engine, this.#orders);
    const judge = new StallJudge(patienceMs, performance.now());
    const fromOrigin = new PeerBytes(ourAddress);
    this.#came.begin();
    for (let joined = false; ;) {
      const stats = await engine.stats(manifest.infohash);
      if (stats.state === 'failed') throw diskFailed(this.name, stats.failure);
      if (stats.state !== 'checking' && !joined) {
        joined = true;
        this.#came.found(content, stats, { part, cloned });
        members.join(this.#number, engine);
        this.#enter('downloading');
      }
      members.note(this.#number, stats);
      fromOrigin.note(stats.peers);
      this.#note(stats, fromOrigin.total);
      const isWhole = joined && stats.pieces.verified === stats.pieces.total;
      const isStalled = judge.isStalled(stats, performance.now(), Math.min(slowLink, this.#orders.limits().download ?? Infinity));
      const banned = isWhole || isStalled ? await engine.banned() : [];
      for (const address of banned) this.#banned.add(address);
      if (isWhole) return;
      if (isStalled) throw nothingCame(this.name, patienceMs, members.lack(stats.pieces.total), banned);
      await sleep(joined ? lookMs.downloading : lookMs.checking, undefined, { signal });
    }
  }

  #note(stats: SwarmStats, fromOrigin: number): void {
    this.#verified = stats.state === 'checking' ? this.#verified : stats.verified;
    this.#rate = stats.downloadRate;
    this.#came.note(stats, fromOrigin);
    this.#orders.onChange();
  }

  #enter(state: HostState, error?: ImageError): void {
    this.#state = state;
    this.#error = error;
    if (state !== 'downloading') this.#rate = 0;
    this.#orders.onChange();
  }
}
