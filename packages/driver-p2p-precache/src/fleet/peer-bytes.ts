import type { PeerStats } from '../engine/swarm-engine.ts';

/** Adds up what came from one address, over all connections with it, each of which counts from 0. */
export class PeerBytes {
  readonly #address: string;
  readonly #connections = new Map<string, number>();
  #past = 0;

  /** @param address without a port */
  constructor(address: string) {
    this.#address = address;
  }

  get total(): number {
    return [...this.#connections.values()].reduce((sum, bytes) => sum + bytes, this.#past);
  }

  note(peers: readonly Pick<PeerStats, 'address' | 'downloaded'>[]): void {
    for (const { address, downloaded } of peers) {
      if (hostOf(address) !== this.#address) continue;
      const before = this.#connections.get(address) ?? 0;
      if (downloaded < before) this.#past += before;
      this.#connections.set(address, downloaded);
    }
  }
}

function hostOf(address: string): string {
  return address
    .slice(0, address.lastIndexOf(':'))
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/^::ffff:(?=\d+\.)/, '');
}
