import type { Socket } from 'node:net';
import { OrderLine, callKeeper as connectTo } from '@image-api/host';
import type { KeeperMessage, Order, StreamProgress } from './messages.ts';

/** What a keeper tells without being asked. */
export interface KeeperNews {
  onProgress(progress: StreamProgress): void;
  /** The source went away and is waited for; `undefined` when it is back. */
  onTrouble(trouble: string | undefined): void;
}

/**
 * Connect to a keeper. Its line is the lease: as long as it stands, the keeper works for us.
 *
 * @returns `undefined` when none listens there
 */
export async function callKeeper(path: string): Promise<KeeperLine | undefined> {
  const socket = await connectTo(path);
  return socket && new KeeperLine(socket);
}

const lost = 'the program that keeps the image ended, and the storage daemon with it; the same copy goes on from what is there';

/** The line from a process that wants an image to the keeper that hands it out. */
export class KeeperLine extends OrderLine<Order> {
  #news: KeeperNews = { onProgress: () => undefined, onTrouble: () => undefined };

  constructor(socket: Socket) {
    super(socket, { driver: 'qemu-stream', lost });
  }

  listen(news: KeeperNews): void {
    this.#news = news;
  }

  protected override hear(message: KeeperMessage): void {
    if (message.progress) this.#news.onProgress(message.progress);
    if (message.trouble !== undefined) this.#news.onTrouble(message.trouble ?? undefined);
    super.hear(message);
  }
}
