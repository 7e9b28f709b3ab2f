import type { Socket } from 'node:net';
import { ImageError } from '@image-api/driver';
import { LineSocket, toldError } from '@image-api/host';
import type { OrderMessage } from '@image-api/host';
import { attachedClients } from './attached-clients.ts';
import { diskUri } from './disk-uri.ts';
import { keeperSockets, removeKeeperDirectory } from './keeper-directory.ts';
import type { CopyNames, KeptImage, Order } from './messages.ts';
import { StreamService } from './stream-service.ts';

const lookMs = 200;
/** Who starts a keeper gives it an order at once. */
const firstOrderMs = 15_000;
/** After the copy is over, for one who was told the address and has not attached yet. */
const lingerMs = 30_000;
/** For a guest that starts anew. */
const comesBackMs = 2000;

/**
 * Hands out one image. It works for the process that holds its line, the lease. Without one it brings nothing more, and stays only for the
 * clients that are attached; so it does when the copy is over.
 *
 * ```
 *  lease ─► serve ─► stream ─► over ─► last client left, or release ─► end
 *            │         └ lease lost: stop ┐
 *            └ lease lost ────────────────┴► last client left ─► end
 *                                              └ a new lease: goes on
 * ```
 */
export class Keeper {
  readonly #directory: string;
  readonly #onEnd: () => void;
  #line: LineSocket | undefined;
  #service: StreamService | undefined;
  #ending: Promise<void> | undefined;
  #copy: CopyNames | undefined;
  /** Everything is there, or nobody wants more. */
  #over = false;
  /** What nobody reads is never brought: it is over when nobody is there any more. */
  #isLazy = false;
  #released: () => void = () => undefined;
  readonly #release: Promise<void> = new Promise((resolve) => (this.#released = resolve));
  #seen = 0;
  #aloneMs = 0;
  readonly #watch: NodeJS.Timeout;

  constructor(directory: string, onEnd: () => void) {
    this.#directory = directory;
    this.#onEnd = onEnd;
    this.#watch = setInterval(() => void this.#look(), lookMs);
  }

  /** Somebody connects, perhaps only to see whether we are there. */
  hear(socket: Socket): void {
    const line = new LineSocket(socket, (message) => void this.#obey(line, message as OrderMessage<Order>));
    void line.closed.then(() => this.#leaseLost(line));
  }

  /** End the daemon in good order, so that all it has is on disk. */
  end(): Promise<void> {
    return (this.#ending ??= this.#end());
  }

  async #end(): Promise<void> {
    clearInterval(this.#watch);
    await this.#service?.end();
    this.#released();
    // Whoever waits for that is told first.
    await new Promise(setImmediate);
    // Whoever sees the line closed, which the end of this process does, may start the next keeper at once, and in the same place.
    removeKeeperDirectory(this.#directory);
    this.#onEnd();
  }

  async #obey(line: LineSocket, { number, order }: OrderMessage<Order>): Promise<void> {
    if (order.do === 'lease' && !this.#ending && (await this.#service?.isDead())) void this.end();
    // It hears that it was too late when the line is closed, and there is room for the next keeper.
    if (this.#ending) return;
    try {
      if (order.do === 'lease') this.#lease(line);
      if (line !== this.#line && order.do !== 'tell' && order.do !== 'let go') throw busy();
      line.send({ number, answer: (await this.#carryOut(order, line)) ?? null });
      // The answer is on its way: the daemon is gone by now.
      if (await this.#service?.isDead()) await this.end();
    } catch (error) {
      line.send({ number, error: toldError(error, 'the keeper of a stream') });
    }
  }

  async #carryOut(order: Order, line: LineSocket): Promise<unknown> {
    if (order.do === 'lease') return undefined;
    if (order.do === 'tell') return this.#image();
    if (order.do === 'let go') return this.#letGo();
    if (order.do === 'serve') this.#service ??= new StreamService(this.#directory);
    const service = this.#service;
    if (!service) throw new ImageError('a keeper was told to work before it was told on what', { code: 'INTERNAL', origin: 'driver' });
    switch (order.do) {
      case 'serve':
        this.#copy = order.copy;
        service.listen((news) => line.send(news));
        return service.serve(order.order);
      case 'stream':
        return this.#bring(service, order.speed);
      case 'wait':
        this.#isLazy = true;
        return Promise.race([this.#release, service.died()]);
      case 'speed':
        return service.setSpeed(order.speed);
      case 'pause':
        return service.pause();
      case 'resume':
        return service.resume();
      case 'leave':
        return this.#leave(service);
      case 'release':
        return service.end();
      default:
        return undefined;
    }
  }

  /** What is served, from when somebody could attach. */
  async #image(): Promise<KeptImage | undefined> {
    const { served } = this.#service ?? {};
    if (!served || !this.#copy) return undefined;
    const { disk } = keeperSockets(this.#directory);
    const { writable, complete } = served;
    return { ...this.#copy, uri: diskUri(disk), writable, complete, attached: await this.#clients(), serving: !this.#isAtWork };
  }

  async #letGo(): Promise<number> {
    if (this.#isAtWork) throw busy();
    const attached = await this.#clients();
    if (attached === 0) await this.#service?.end();
    return attached;
  }

  get #isAtWork(): boolean {
    return this.#line !== undefined && !this.#over;
  }

  /** Only one at a time can have it, and gives it up when his copy is over and another comes. */
  #lease(line: LineSocket): void {
    if (this.#isAtWork) return;
    this.#line?.destroy();
    this.#line = line;
  }

  async #bring(service: StreamService, speed: number): Promise<void> {
    this.#over = false;
    await service.stream(speed);
    this.#over = true;
  }

  /** @returns whether it stays */
  async #leave(service: StreamService): Promise<boolean> {
    this.#over = true;
    await service.stop().catch(() => undefined);
    if ((await this.#clients()) > 0) return true;
    await service.end();
    return false;
  }

  async #leaseLost(line: LineSocket): Promise<void> {
    if (line !== this.#line) return;
    this.#line = undefined;
    if (!this.#over) await this.#service?.stop().catch(() => undefined);
    await this.#look();
  }

  /** Whether there is still somebody to stay for. */
  async #look(): Promise<void> {
    if (this.#ending) return;
    if (this.#service?.isGone) return this.end();
    const clients = await this.#clients();
    this.#seen = Math.max(this.#seen, clients);
    this.#aloneMs = clients > 0 ? 0 : this.#aloneMs + lookMs;
    if (this.#aloneMs > this.#patienceMs()) await this.end();
  }

  /** How long nobody may be attached before it is over. */
  #patienceMs(): number {
    if (!this.#service) return firstOrderMs;
    if (!this.#line) return 2 * lookMs;
    if (this.#isLazy && this.#seen > 0) return comesBackMs;
    if (!this.#over) return Infinity;
    return this.#seen > 0 ? comesBackMs : lingerMs;
  }

  /** Until it is served there is nobody but ourselves. */
  async #clients(): Promise<number> {
    const { served } = this.#service ?? {};
    return served ? attachedClients(keeperSockets(this.#directory).disk, served.ours).catch(() => 0) : 0;
  }
}

function busy(): ImageError {
  const words = 'another copy holds the keeper of this image; wait for it to end';
  return new ImageError(words, { code: 'DESTINATION_BUSY', origin: 'destination' });
}
