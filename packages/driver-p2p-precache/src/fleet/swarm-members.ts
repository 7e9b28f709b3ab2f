import type { SwarmEngine, SwarmPeer, SwarmStats } from '../engine/swarm-engine.ts';
import type { PieceRange } from '../manifest/zero-pieces.ts';
import type { Lack } from './fleet-errors.ts';
import { peerGraph } from './peer-graph.ts';

/** The origin, in the swarm. */
export const originNumber = 0;
/** Whom one knows. */
const degree = 10;
/** How often everybody is told of everybody it is to know: an engine forgets who did not answer. */
const tellAgainMs = 15_000;
/** Those who come within so long are told of together. */
const togetherMs = 100;

interface Member {
  readonly engine: SwarmEngine;
  stats: SwarmStats | undefined;
}

/** Who takes part in a swarm, and whom each of them is told of. */
export class SwarmMembers {
  readonly #infohash: string;
  readonly #count: number;
  readonly #seed: number;
  readonly #members = new Map<number, Member>();
  /** Those that will not come any more. */
  readonly #lost = new Set<number>();
  #soon: NodeJS.Timeout | undefined;
  readonly #again: NodeJS.Timeout;

  constructor(infohash: string, count: number, seed: number) {
    this.#infohash = infohash;
    this.#count = count;
    this.#seed = seed;
    this.#again = setInterval(() => void this.#tell(), tellAgainMs);
  }

  /** It has the image, or fetches it. */
  join(number: number, engine: SwarmEngine): void {
    this.#members.set(number, { engine, stats: undefined });
    this.#lost.delete(number);
    this.#tellSoon();
  }

  leave(number: number): void {
    this.#members.delete(number);
  }

  /** It will not come back: others are to know each other in its place. */
  lose(number: number): void {
    this.leave(number);
    this.#lost.add(number);
    this.#tellSoon();
  }

  note(number: number, stats: SwarmStats): void {
    const member = this.#members.get(number);
    if (member) member.stats = stats;
  }

  /** Where the others listen. */
  peers(): readonly SwarmPeer[] {
    return [...this.#members.values()].map(({ engine }) => engine.listening);
  }

  /** What no host has, as far as they have told. */
  lack(total: number): Lack {
    const known = [...this.#members].flatMap(([number, { stats }]) => (number !== originNumber && stats ? [stats.missing] : []));
    return { missing: common(known, total), total, hasOrigin: this.#members.has(originNumber) };
  }

  close(): void {
    clearInterval(this.#again);
    clearTimeout(this.#soon);
  }

  #tellSoon(): void {
    clearTimeout(this.#soon);
    this.#soon = setTimeout(() => void this.#tell(), togetherMs);
  }

  async #tell(): Promise<void> {
    const numbers = Array.from({ length: this.#count }, (_, number) => number).filter((number) => !this.#lost.has(number));
    const graph = peerGraph(numbers.length, degree, this.#seed);
    await Promise.all(
      numbers.map(async (number, index) => {
        const known = (graph[index] ?? []).flatMap((other) => this.#members.get(numbers[other] ?? -1)?.engine.listening ?? []);
        // One that does not answer is seen to by whoever watches it.
        await this.#members
          .get(number)
          ?.engine.addPeers(this.#infohash, known)
          .catch(() => undefined);
      }),
    );
  }
}

/** What is in all of the lists. */
export function common(lists: readonly (readonly PieceRange[])[], total: number): readonly PieceRange[] {
  const counts = new Uint32Array(total);
  for (const ranges of lists)
    for (const [from, to] of ranges) for (let piece = from; piece < to; piece += 1) counts[piece] = (counts[piece] ?? 0) + 1;
  const found: [number, number][] = [];
  for (let piece = 0; piece < total; piece += 1) {
    if (counts[piece] !== lists.length) continue;
    const last = found.at(-1);
    if (last?.[1] === piece) last[1] = piece + 1;
    else found.push([piece, piece + 1]);
  }
  return found;
}
