import type { OrderLine } from '@image-api/host';
import type { Manifest } from '../../manifest/manifest.ts';
import { checkedTorrent } from '../checked-torrent.ts';
import type { AddOptions, SwarmEngine, SwarmLimits, SwarmPeer, SwarmStats, Transfer } from '../swarm-engine.ts';
import { watchedTransfer } from '../transfer.ts';
import type { SwarmOrder } from './messages.ts';

/** The engine that a keeper has. Our process stays alive for it only while it waits for an answer. */
export class KeptEngine implements SwarmEngine {
  readonly listening: SwarmPeer;
  readonly #line: OrderLine<SwarmOrder>;
  #open = 0;

  constructor(line: OrderLine<SwarmOrder>, listening: SwarmPeer) {
    this.#line = line;
    this.listening = listening;
    line.keepAlive(false);
  }

  async add(manifest: Manifest, torrent: Uint8Array, path: string, options: AddOptions = {}): Promise<Transfer> {
    const { onProgress, ...kept } = options;
    const bytes = Buffer.from(checkedTorrent(torrent, manifest)).toString('base64');
    await this.#order({ do: 'add', manifest, torrent: bytes, path, options: kept });
    return watchedTransfer(this, manifest.infohash, onProgress);
  }

  addPeers(infohash: string, peers: readonly SwarmPeer[]): Promise<void> {
    return this.#order({ do: 'peers', infohash, peers });
  }

  setLimits(infohash: string, limits: SwarmLimits): Promise<SwarmLimits> {
    return this.#order({ do: 'limits', infohash, limits });
  }

  stats(infohash: string): Promise<SwarmStats> {
    return this.#order({ do: 'stats', infohash });
  }

  move(infohash: string, path: string): Promise<void> {
    return this.#order({ do: 'move', infohash, path });
  }

  pause(infohash: string): Promise<void> {
    return this.#order({ do: 'pause', infohash });
  }

  resume(infohash: string): Promise<void> {
    return this.#order({ do: 'resume', infohash });
  }

  remove(infohash: string): Promise<void> {
    return this.#order({ do: 'remove', infohash });
  }

  dispose(): Promise<void> {
    return this.#line.end();
  }

  async #order<Answer>(order: SwarmOrder): Promise<Answer> {
    this.#open += 1;
    this.#line.keepAlive(true);
    try {
      return await this.#line.order<Answer>(order);
    } finally {
      this.#open -= 1;
      if (this.#open === 0) this.#line.keepAlive(false);
    }
  }
}
