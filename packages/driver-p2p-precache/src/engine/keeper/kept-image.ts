import { mkdir } from 'node:fs/promises';
import type { Manifest } from '../../manifest/manifest.ts';
import { withLease } from '../../cache/lease.ts';
import type { SwarmLimits, SwarmPeer } from '../swarm-engine.ts';
import type { KeptOptions } from './messages.ts';

export interface KeptImageInput {
  readonly manifest: Manifest;
  readonly torrent: Uint8Array;
  readonly path: string;
  readonly options: KeptOptions;
}

const usualLingerMs = 10 * 60_000;
const longestLingerMs = 7 * 24 * 3_600_000;

/** An image that the engine has, all that is needed to give it to the next engine, and for whom it is. */
export class KeptImage {
  readonly input: KeptImageInput;
  path: string;
  readonly peers: Map<string, SwarmPeer> = new Map();
  limits: SwarmLimits;
  isPaused = false;
  readonly #owners = new Set<object>();
  #lingerMs: number;
  #aloneSinceMs = 0;
  #letGo: () => void = () => undefined;
  #lease: Promise<void> | undefined;

  constructor(input: KeptImageInput) {
    this.input = input;
    this.path = input.path;
    this.limits = input.options.limits ?? {};
    this.#lingerMs = input.options.lingerMs ?? usualLingerMs;
  }

  /** Somebody wants it: as long as he is there, and then for as long as he says. */
  own(owner: object, { lingerMs, limits, peers = [] }: KeptOptions): void {
    this.#owners.add(owner);
    this.#lingerMs = Math.max(this.#lingerMs, lingerMs ?? 0);
    if (limits) this.limits = limits;
    this.know(peers);
  }

  know(peers: readonly SwarmPeer[]): void {
    for (const peer of peers) this.peers.set(`${peer.host} ${peer.port}`, peer);
  }

  /** @param lingers false: only others keep it */
  disown(owner: object, lingers = true): void {
    if (!this.#owners.delete(owner) || this.#owners.size > 0) return;
    this.#aloneSinceMs = performance.now();
    if (!lingers) this.#lingerMs = 0;
  }

  /** Whether nobody wants it any more. */
  isOver(nowMs: number): boolean {
    return this.#owners.size === 0 && nowMs - this.#aloneSinceMs >= Math.min(longestLingerMs, this.#lingerMs);
  }

  /** Note in the cache that it is in use, until it is let go of. */
  async lease(): Promise<void> {
    const { leases } = this.input.options;
    if (leases === undefined || this.#lease) return;
    await mkdir(leases, { recursive: true, mode: 0o700 });
    await new Promise<void>((noted, failed) => {
      this.#lease = withLease(leases, () => {
        noted();
        return new Promise((resolve) => (this.#letGo = resolve));
      });
      this.#lease.catch(failed);
    });
  }

  async release(): Promise<void> {
    this.#letGo();
    await this.#lease?.catch(() => undefined);
  }
}
