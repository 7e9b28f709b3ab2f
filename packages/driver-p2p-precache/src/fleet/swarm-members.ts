import { setTimeout as sleep } from 'node:timers/promises';
import type { SwarmPeer, SwarmStats } from '../engine/swarm-engine.ts';
import type { PieceRange } from '../manifest/zero-pieces.ts';
import type { Lack } from './fleet-errors.ts';
import { peerGraph } from './peer-graph.ts';
import type { RunningEngine } from './start-engine.ts';

/** The origin, in the swarm. */
export const originNumber = 0;
/** Whom one knows. */
const degree = 10;
/** How often everybody is told of everybody it is to know: an engine forgets who did not answer. */
const tellAgainMs = 15_000;
/** Those who come within so long are told of together. */
const togetherMs = 100;

/** How long one may take to let the others in: the rest does not wait for one that hangs. */
const admitMs = 3000;

type MemberEngine = Pick<RunningEngine, 'listening' | 'addPeers' | 'admit'>;

interface Member {
  readonly engine: MemberEngine;
  stats: SwarmStats | undefined;
}

export interface SwarmOptions {
  readonly infohash: string;
  /** Of members, the origin among them. */
  readonly count: number;
  /** Of the graph of peers. */
  readonly seed: number;
  /** Whether anybody may have the image who knows the infohash. */
  readonly isOpen: boolean;
}

/** Who takes part in a swarm, and whom each of them is told of. */
export class SwarmMembers {
  readonly #infohash: string;
  readonly #count: number;
  readonly #seed: number;
  readonly #members = new Map<number, Member>();
  /** Those that will not come any more. */
  readonly #lost = new Set<number>();
  /** Of all that take part, or are about to. */
  readonly #addresses = new Map<number, string>();
  #isOpen: boolean;
  #originFailure: string | undefined;
  #soon: NodeJS.Timeout | undefined;
  readonly #again: NodeJS.Timeout;

  constructor({ infohash, count, seed, isOpen }: SwarmOptions) {
    this.#infohash = infohash;
    this.#count = count;
    this.#seed = seed;
    this.#isOpen = isOpen;
    this.#again = setInterval(() => void this.#tell(), tellAgainMs);
  }

  /** It will take part: the others are to let it in by then. @param address without a port */
  announce(number: number, address: string): void {
    this.#addresses.set(number, address);
  }

  /** Have an engine deal with those who take part, and nobody else. Before it has the image. */
  async guard(engine: MemberEngine): Promise<void> {
    await engine.admit(this.#admitted());
  }

  /** From now on anybody may have the image. */
  async open(): Promise<void> {
    this.#isOpen = true;
    await this.#admit();
  }

  /** It has the image, or fetches it. */
  join(number: number, engine: MemberEngine): void {
    this.#members.set(number, { engine, stats: undefined });
    this.#lost.delete(number);
    this.#tellSoon();
  }

  leave(number: number): void {
    this.#members.delete(number);
  }

  /** It will not come back: others are to know each other in its place. @param why if it is the origin */
  lose(number: number, why?: string): void {
    this.leave(number);
    this.#addresses.delete(number);
    if (number === originNumber) this.#originFailure = why;
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
    const origin = this.#originFailure !== undefined && { originFailure: this.#originFailure };
    return { missing: common(known, total), total, hasOrigin: this.#members.has(originNumber), ...origin };
  }

  close(): void {
    clearInterval(this.#again);
    clearTimeout(this.#soon);
  }

  #tellSoon(): void {
    clearTimeout(this.#soon);
    this.#soon = setTimeout(() => void this.#tell(), togetherMs);
  }

  #admitted(): readonly string[] | undefined {
    return this.#isOpen ? undefined : [...this.#addresses.values()];
  }

  async #admit(): Promise<void> {
    const admitted = this.#admitted();
    const all = Promise.all([...this.#members.values()].map(({ engine }) => engine.admit(admitted).catch(() => undefined)));
    await Promise.race([all, sleep(admitMs, undefined, { ref: false })]);
  }

  async #tell(): Promise<void> {
    const numbers = Array.from({ length: this.#count }, (_, number) => number).filter((number) => !this.#lost.has(number));
    // Whom it does not let in, an engine does not want to hear of.
    await this.#admit();
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
