import { connect } from 'node:net';
import { ImageError } from '@image-api/driver';
import { LineSocket } from './line-socket.ts';
import type { KeeperMessage, Order, StreamProgress } from './messages.ts';
import { errorFrom } from './told-error.ts';

/** What a keeper tells without being asked. */
export interface KeeperNews {
  onProgress(progress: StreamProgress): void;
  /** The source went away and is waited for; `undefined` when it is back. */
  onTrouble(trouble: string | undefined): void;
}

interface Waiting {
  resolve(answer: unknown): void;
  reject(error: ImageError): void;
}

/**
 * Connect to a keeper. Its line is the lease: as long as it stands, the keeper works for us.
 *
 * @returns `undefined` when none listens there
 */
export async function callKeeper(path: string): Promise<KeeperLine | undefined> {
  const socket = connect(path);
  return new Promise((resolve) => {
    socket.once('error', () => resolve(undefined));
    socket.once('connect', () => resolve(new KeeperLine((onMessage) => new LineSocket(socket, onMessage))));
  });
}

/** The line from a process that wants an image to the keeper that hands it out. */
export class KeeperLine {
  readonly #line: LineSocket;
  readonly #waiting = new Map<number, Waiting>();
  #news: KeeperNews = { onProgress: () => undefined, onTrouble: () => undefined };
  #number = 0;
  #isLost = false;

  constructor(open: (onMessage: (message: unknown) => void) => LineSocket) {
    this.#line = open((message) => this.#hear(message as KeeperMessage));
    void this.closed.then(() => this.#giveUp());
  }

  /** Resolves when the keeper is gone, or was let go of. */
  get closed(): Promise<void> {
    return this.#line.closed;
  }

  listen(news: KeeperNews): void {
    this.#news = news;
  }

  /** @throws ImageError what the keeper says, or that it is gone */
  order<Answer>(order: Order): Promise<Answer> {
    if (this.#isLost) return Promise.reject(keeperLost());
    const number = ++this.#number;
    return new Promise((resolve, reject) => {
      this.#waiting.set(number, { resolve: (answer) => resolve(answer as Answer), reject });
      this.#line.send({ number, order });
    });
  }

  /** Give the lease back. */
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

  #giveUp(): void {
    this.#isLost = true;
    for (const { reject } of this.#waiting.values()) reject(keeperLost());
    this.#waiting.clear();
  }

  #hear({ number, answer, error, progress, trouble }: KeeperMessage): void {
    if (progress) this.#news.onProgress(progress);
    if (trouble !== undefined) this.#news.onTrouble(trouble ?? undefined);
    const waiting = number === undefined ? undefined : this.#waiting.get(number);
    if (number === undefined || !waiting) return;
    this.#waiting.delete(number);
    if (error) waiting.reject(errorFrom(error));
    else waiting.resolve(answer);
  }
}

function keeperLost(): ImageError {
  return new ImageError(
    'the program that keeps the image ended, and the storage daemon with it; the same copy goes on from what is there',
    {
      code: 'TOOL_FAILED',
      origin: 'driver',
      driver: 'qemu-stream',
      retryable: true,
    },
  );
}
