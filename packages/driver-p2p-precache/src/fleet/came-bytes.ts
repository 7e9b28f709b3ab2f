import type { SwarmStats } from '../engine/swarm-engine.ts';
import type { Content } from './far-entry.ts';
import type { HostReport } from './fleet-report.ts';
import { savedOf } from './saved-bytes.ts';
import type { Saved } from './saved-bytes.ts';

interface Counts {
  readonly origin: number;
  readonly all: number;
  readonly wasted: number;
}

const nothing: Saved = { savedByZeros: 0, savedByOlder: 0, resumed: 0 };

/** What came to one host, over all tries; each has an engine that counts from 0. */
export class CameBytes {
  #before: Counts = { origin: 0, all: 0, wasted: 0 };
  #now: Counts = this.#before;
  #saved: Saved | undefined;

  get all(): number {
    return this.#now.all;
  }

  get report(): Saved & Pick<HostReport, 'fromOrigin' | 'fromPeers' | 'wasted'> {
    const { origin, all, wasted } = this.#now;
    return { fromOrigin: Math.min(origin, all), fromPeers: Math.max(0, all - origin), ...(this.#saved ?? nothing), wasted };
  }

  /** Another try begins. */
  begin(): void {
    this.#before = this.#now;
  }

  /** The engine has looked what is there. The first time, that did not have to come; later, what came before its end could be told is in it. */
  found(
    content: Content,
    { verified, downloaded }: Pick<SwarmStats, 'verified' | 'downloaded'>,
    origin: Parameters<typeof savedOf>[2],
  ): void {
    const there = verified - downloaded;
    const { savedByZeros, savedByOlder, resumed } = (this.#saved ??= savedOf(content, there, origin));
    this.#before = { ...this.#before, all: Math.max(this.#before.all, there - savedByZeros - savedByOlder - resumed) };
  }

  /** @param fromOrigin bytes, in this try */
  note({ downloaded, wasted }: Pick<SwarmStats, 'downloaded' | 'wasted'>, fromOrigin: number): void {
    const before = this.#before;
    this.#now = { origin: before.origin + fromOrigin, all: before.all + downloaded, wasted: before.wasted + wasted };
  }
}
