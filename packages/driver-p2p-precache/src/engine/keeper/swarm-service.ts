import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ImageError } from '@image-api/driver';
import { createHosts } from '@image-api/host';
import { localPlace } from '../qbittorrent/file-place.ts';
import { QbittorrentEngine } from '../qbittorrent/qbittorrent-engine.ts';
import { startQbittorrent } from '../qbittorrent/start-qbittorrent.ts';
import type { Qbittorrent } from '../qbittorrent/start-qbittorrent.ts';
import type { ListenWish } from '../qbittorrent/choose-ports.ts';
import type { SwarmEngine, SwarmLimits, SwarmPeer } from '../swarm-engine.ts';
import { KeptImage } from './kept-image.ts';
import type { KeptImageInput } from './kept-image.ts';

/** How often it may die before it is given up, and within which time. */
const deathsAllowed = 5;
const withinMs = 10 * 60_000;
const beforeNextMs = 200;

/**
 * An engine that is started anew when it dies, on the same port and with all images it had.
 */
export class SwarmService {
  readonly #directory: string;
  readonly #listen: ListenWish;
  readonly #images = new Map<string, KeptImage>();
  readonly #deaths: number[] = [];
  readonly #onGivenUp: () => void;
  #running: Promise<{ readonly process: Qbittorrent; readonly engine: QbittorrentEngine }> | undefined;
  #place: SwarmPeer | undefined;
  #limits: SwarmLimits = {};
  #isEnding = false;

  /**
   * @param directory private
   * @param onGivenUp it dies again and again
   */
  constructor(directory: string, listen: ListenWish, onGivenUp: () => void) {
    this.#directory = directory;
    this.#listen = listen;
    this.#onGivenUp = onGivenUp;
  }

  /** The engine, when it is there. @throws ImageError why it does not start */
  async engine(): Promise<SwarmEngine> {
    this.#running ??= this.#start();
    try {
      return (await this.#running).engine;
    } catch (error) {
      this.#running = undefined;
      throw error;
    }
  }

  get images(): ReadonlyMap<string, KeptImage> {
    return this.#images;
  }

  /** See `SwarmEngine.add`. */
  async add(owner: object, input: KeptImageInput): Promise<void> {
    const { infohash } = input.manifest;
    const engine = await this.engine();
    const known = this.#images.get(infohash);
    const image = known ?? new KeptImage(input);
    image.own(owner, input.options);
    this.#images.set(infohash, image);
    try {
      await image.lease();
      await engine.add(input.manifest, input.torrent, input.path, input.options);
    } catch (error) {
      if (!known) await this.remove(infohash).catch(() => undefined);
      throw error;
    }
  }

  /** It is asked for its image. @throws ImageError SOURCE_MISSING when it has none */
  image(infohash: string): KeptImage {
    const image = this.#images.get(infohash);
    if (image) return image;
    throw new ImageError(`the swarm engine has no image with the infohash ${infohash}; add it first`, {
      code: 'SOURCE_MISSING',
      origin: 'driver',
      driver: 'p2p-precache',
      details: { infohash },
    });
  }

  /** @param infohash or `all` */
  async setLimits(infohash: string, limits: SwarmLimits): Promise<SwarmLimits> {
    if (infohash === 'all') this.#limits = limits;
    else this.image(infohash).limits = limits;
    return (await this.engine()).setLimits(infohash, limits);
  }

  async remove(infohash: string): Promise<void> {
    const image = this.#images.get(infohash);
    if (!image) return;
    this.#images.delete(infohash);
    try {
      await (await this.engine()).remove(infohash);
    } finally {
      await image.release();
    }
  }

  /** End it in good order. */
  async end(): Promise<void> {
    this.#isEnding = true;
    const running = await this.#running?.catch(() => undefined);
    await running?.process.end();
    await Promise.all([...this.#images.values()].map((image) => image.release()));
  }

  async #start(): Promise<{ readonly process: Qbittorrent; readonly engine: QbittorrentEngine }> {
    const again = this.#place;
    const listen = again ? { ...this.#listen, port: again.port } : this.#listen;
    const process = await startQbittorrent({ host: createHosts().local, directory: this.#directory, listen });
    this.#place = process.listening;
    const engine = new QbittorrentEngine({ ...process, files: localPlace(join(this.#directory, 'files')) });
    try {
      await engine.setLimits('all', this.#limits);
      for (const image of this.#images.values()) await putBack(image, engine);
    } catch (error) {
      await process.end();
      throw error;
    }
    void process.ended.then(() => this.#died());
    return { process, engine };
  }

  /** Whoever asks meanwhile waits for the next one. */
  #died(): void {
    if (this.#isEnding) return;
    const now = performance.now();
    this.#deaths.push(now);
    if (this.#deaths.filter((deathMs) => now - deathMs < withinMs).length > deathsAllowed) {
      this.#onGivenUp();
      return;
    }
    this.#running = sleep(beforeNextMs).then(() => this.#start());
    this.#running.catch(() => this.#onGivenUp());
  }
}

/** It may still know it, and go on from where it was. */
async function putBack(image: KeptImage, engine: SwarmEngine): Promise<void> {
  const { manifest, torrent, options } = image.input;
  await engine.add(manifest, torrent, image.path, { ...options, limits: image.limits, peers: [...image.peers.values()] });
  if (image.isPaused) await engine.pause(manifest.infohash);
}
