import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Host } from '@image-api/driver';
import { createPrivateDirectory } from '@image-api/host';
import { localPlace } from '../engine/qbittorrent/file-place.ts';
import type { SwarmEngine, SwarmLimits } from '../engine/swarm-engine.ts';
import type { Content } from './far-entry.ts';
import { seedScript } from './far-scripts.ts';
import { heedOrders } from './heed-orders.ts';
import { startEngine } from './start-engine.ts';
import type { RunningEngine } from './start-engine.ts';
import { originNumber } from './swarm-members.ts';
import type { SwarmMembers } from './swarm-members.ts';

export interface OriginOrders {
  readonly content: Content;
  /** Of the image, which is whole. */
  readonly path: string;
  readonly local: Host;
  readonly members: SwarmMembers;
  readonly answerMs: number;
  readonly limits: () => SwarmLimits;
  readonly isPaused: () => boolean;
  readonly onChange: () => void;
  readonly signal: AbortSignal;
}

const lookMs = 1000;
const starts = 4;
const betweenMs = 1000;

/** Hands the image out from this machine, for as long as anybody wants it. One that dies is started again, a few times. */
export class OriginRun {
  readonly #orders: OriginOrders;
  #running: Promise<void> | undefined;
  #engine: RunningEngine | undefined;
  #sent = 0;
  #rate = 0;

  constructor(orders: OriginOrders) {
    this.#orders = orders;
  }

  get sent(): number {
    return this.#sent;
  }

  get rate(): number {
    return this.#rate;
  }

  /** Begin, if it has not begun. @param address of ours, by which others reach us */
  need(address: string): void {
    if (this.#running) return;
    this.#orders.members.announce(originNumber, address);
    this.#running = this.#keepRunning(address);
  }

  /** While it runs and has the image. */
  get engine(): SwarmEngine | undefined {
    return this.#engine;
  }

  async ended(): Promise<void> {
    await this.#running;
  }

  async #keepRunning(address: string): Promise<void> {
    const { signal, members } = this.#orders;
    const directory = createPrivateDirectory();
    let failure: unknown;
    try {
      for (let start = 1; start <= starts && !signal.aborted; start += 1) {
        await this.#runOnce(address, join(directory.path, 'engine')).catch((error: unknown) => (failure = error));
        this.#rate = 0;
        await sleep(betweenMs, undefined, { signal }).catch(() => undefined);
      }
      members.lose(originNumber, failure instanceof Error ? failure.message : undefined);
    } finally {
      directory.remove();
    }
  }

  async #runOnce(address: string, own: string): Promise<void> {
    const { content, path, local, members, signal, answerMs } = this.#orders;
    const { manifest, torrent } = content;
    const way = async (port: number) => ({ place: { host: '127.0.0.1', port }, close: async () => undefined });
    const place = {
      host: local,
      script: seedScript,
      words: [own],
      directory: own,
      files: localPlace(join(own, 'data')),
      write: (path: string, text: string) => writeFile(path, text, { mode: 0o600 }),
      address,
      way,
    };
    const engine = await startEngine(place, { signal, answerMs });
    if (engine === 'there') return;
    try {
      await engine.setLimits('all', this.#orders.limits());
      await members.guard(engine);
      await engine.add(manifest, torrent, path, { seedOnly: true });
      this.#engine = engine;
      await heedOrders(engine, this.#orders);
      members.join(originNumber, engine);
      await Promise.race([engine.died, this.#watch(engine, this.#sent)]);
    } finally {
      members.leave(originNumber);
      this.#engine = undefined;
      await engine.dispose();
    }
  }

  async #watch(engine: RunningEngine, before: number): Promise<void> {
    const { content, members, signal, onChange } = this.#orders;
    const { infohash } = content.manifest;
    while (!signal.aborted) {
      const stats = await engine.stats(infohash);
      members.note(originNumber, stats);
      this.#sent = before + stats.uploaded;
      this.#rate = stats.uploadRate;
      onChange();
      await sleep(lookMs, undefined, { signal }).catch(() => undefined);
    }
  }
}
