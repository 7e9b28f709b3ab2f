import type { Socket } from 'node:net';
import { ImageError } from '@image-api/driver';
import { LineSocket, toldError } from '@image-api/host';
import type { OrderMessage } from '@image-api/host';
import { longestMessage } from './messages.ts';
import type { SwarmOrder } from './messages.ts';
import type { SwarmService } from './swarm-service.ts';

type AddOrder = Extract<SwarmOrder, { readonly do: 'add' }>;

const lookMs = 1000;
/** Who starts a keeper speaks to it at once; who used it may come again. */
const idleMs = 30_000;

export interface KeeperEvents {
  /** Nobody is to be heard any more. */
  onEnding(): void;
  /** The engine is gone. */
  onEnded(): void;
}

/**
 * Works for all processes of one user that use an engine. Each image is there for those that asked for it, and for a while after the last of
 * them has gone; the engine for its images.
 *
 * ```
 *  greet ─► add ─► last process that added it gone ─► its time to linger over ─► removed
 *                   └ another adds it: stays                                       └ none left, nobody there ─► end
 * ```
 */
export class SwarmKeeper {
  readonly #service: SwarmService;
  readonly #lines = new Set<LineSocket>();
  readonly #told: KeeperEvents;
  readonly #watch: NodeJS.Timeout;
  #idleSinceMs = performance.now();
  #ending: Promise<void> | undefined;

  constructor(service: SwarmService, told: KeeperEvents) {
    this.#service = service;
    this.#told = told;
    this.#watch = setInterval(() => void this.#look(), lookMs);
  }

  /** Somebody connects. */
  hear(socket: Socket): void {
    const line = new LineSocket(socket, (message) => void this.#obey(line, message as OrderMessage<SwarmOrder>), longestMessage);
    this.#lines.add(line);
    void line.closed.then(() => this.#gone(line));
  }

  /** Resolves when the engine is gone. */
  end(): Promise<void> {
    return (this.#ending ??= this.#end());
  }

  async #end(): Promise<void> {
    clearInterval(this.#watch);
    // Whoever wants an engine from now on is to start the next one, and not to wait for this one.
    this.#told.onEnding();
    for (const line of this.#lines) void line.end();
    await this.#service.end();
    this.#told.onEnded();
  }

  async #obey(line: LineSocket, { number, order }: OrderMessage<SwarmOrder>): Promise<void> {
    try {
      line.send({ number, answer: (await this.#carryOut(order, line)) ?? null });
    } catch (error) {
      line.send({ number, error: toldError(error, 'the keeper of the swarm engine') });
      // Whoever comes next may have put right what was in the way.
      if (order.do === 'greet') await this.end();
    }
  }

  async #carryOut(order: SwarmOrder, line: LineSocket): Promise<unknown> {
    const service = this.#service;
    const engine = await service.engine();
    switch (order.do) {
      case 'greet':
        return engine.listening;
      case 'add':
        return this.#add(order, line);
      case 'remove':
        service.images.get(order.infohash)?.disown(line, false);
        return this.#look();
      case 'peers':
        service.image(order.infohash).know(order.peers);
        return engine.addPeers(order.infohash, order.peers);
      case 'limits':
        return service.setLimits(order.infohash, order.limits);
      case 'move':
        service.image(order.infohash).path = order.path;
        return engine.move(order.infohash, order.path);
      case 'stats':
        return engine.stats(order.infohash);
      case 'pause':
        service.image(order.infohash).isPaused = true;
        return engine.pause(order.infohash);
      case 'resume':
        service.image(order.infohash).isPaused = false;
        return engine.resume(order.infohash);
      default:
        throw new ImageError('the keeper of the swarm engine was told what it does not know', { code: 'INTERNAL', origin: 'driver' });
    }
  }

  async #add({ manifest, torrent, path, options }: AddOrder, line: LineSocket): Promise<void> {
    await this.#service.add(line, { manifest, torrent: Buffer.from(torrent, 'base64'), path, options });
    // Who went away meanwhile was not among those who had it.
    if (!this.#lines.has(line)) this.#gone(line);
  }

  #gone(line: LineSocket): void {
    this.#lines.delete(line);
    this.#idleSinceMs = performance.now();
    for (const image of this.#service.images.values()) image.disown(line);
  }

  async #look(): Promise<void> {
    const now = performance.now();
    for (const [infohash, image] of this.#service.images) {
      if (image.isOver(now)) await this.#service.remove(infohash).catch(() => undefined);
    }
    if (this.#lines.size > 0 || this.#service.images.size > 0) this.#idleSinceMs = now;
    else if (now - this.#idleSinceMs > idleMs) await this.end();
  }
}
