import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { ImageError } from '@image-api/driver';
import { LineSocket } from './line-socket.ts';
import { errorFrom } from './told-error.ts';
import type { ToldError } from './told-error.ts';

/** A numbered order. */
export interface OrderMessage<Order> {
  readonly number: number;
  readonly order: Order;
}

/** What a keeper says: an answer to an order, or, without a number, news. */
export interface KeeperWords {
  readonly number?: number;
  readonly answer?: unknown;
  readonly error?: ToldError;
}

/** Whom it connects to. */
export interface OrderLineOptions {
  /** Whose keeper it is. */
  readonly driver: string;
  /** What it means that the keeper is gone, and what becomes of the work, in a sentence. */
  readonly lost: string;
  /** Characters of the longest message. Default 1 Mi. */
  readonly longest?: number;
}

interface Waiting {
  resolve(answer: unknown): void;
  reject(error: ImageError): void;
}

/** Connect to a keeper; `undefined` when none listens there. */
export async function callKeeper(path: string): Promise<Socket | undefined> {
  const socket = connect(path);
  return new Promise((resolve) => {
    socket.once('error', () => resolve(undefined));
    socket.once('connect', () => resolve(socket));
  });
}

/** The line from a process to a keeper that works for it. */
export class OrderLine<Order> {
  readonly #line: LineSocket;
  readonly #options: OrderLineOptions;
  readonly #waiting = new Map<number, Waiting>();
  #number = 0;
  #isLost = false;

  constructor(socket: Socket, options: OrderLineOptions) {
    this.#options = options;
    this.#line = new LineSocket(socket, (message) => this.hear(message as KeeperWords), options.longest);
    void this.closed.then(() => this.#giveUp());
  }

  /** Resolves when the keeper is gone, or was let go of. */
  get closed(): Promise<void> {
    return this.#line.closed;
  }

  /** @throws ImageError what the keeper says, or that it is gone */
  order<Answer>(order: Order): Promise<Answer> {
    if (this.#isLost) return Promise.reject(this.#keeperLost());
    const number = ++this.#number;
    return new Promise((resolve, reject) => {
      this.#waiting.set(number, { resolve: (answer) => resolve(answer as Answer), reject });
      this.#line.send({ number, order });
    });
  }

  /** Let go of it. What was ordered still goes out. */
  end(): Promise<void> {
    return this.#line.end();
  }

  destroy(): void {
    this.#line.destroy();
  }

  /** See `LineSocket`. */
  keepAlive(wanted: boolean): void {
    this.#line.keepAlive(wanted);
  }

  /** What the keeper says. */
  protected hear({ number, answer, error }: KeeperWords): void {
    const waiting = number === undefined ? undefined : this.#waiting.get(number);
    if (number === undefined || !waiting) return;
    this.#waiting.delete(number);
    if (error) waiting.reject(errorFrom(error, this.#options.driver));
    else waiting.resolve(answer);
  }

  #giveUp(): void {
    this.#isLost = true;
    for (const { reject } of this.#waiting.values()) reject(this.#keeperLost());
    this.#waiting.clear();
  }

  #keeperLost(): ImageError {
    const { driver, lost } = this.#options;
    return new ImageError(lost, { code: 'TOOL_FAILED', origin: 'driver', driver, retryable: true });
  }
}
