import { ImageError } from '@image-api/driver';
import { deferred } from '../run/deferred.ts';
import type { Clock } from './clock.ts';
import type { GroupFolder } from './group-folder.ts';
import type { GroupMember } from './group-member.ts';
import { reasonOf } from './group-reason.ts';
import type { LimitChange } from './limit-source.ts';
import { advance, begun, newcomer } from './membership.ts';
import type { Membership } from './membership.ts';
import { newestBudget } from './newest-budget.ts';
import type { KnownBudget } from './newest-budget.ts';
import { Roll } from './roll.ts';
import type { Present } from './roll.ts';

/** How often a member looks at the others and shows that it lives. */
const periodMs = 125;
/** A limit is never nothing: what is told to a task that has no share for now, in bytes per second. */
const trickle = 1024;

export interface MemberInput {
  readonly name: string;
  readonly folder: GroupFolder;
  readonly clock: Clock;
  /** Bytes per second; absent: whatever the group has. */
  readonly budget: number | undefined;
}

/** One task's place in a group: looks around, thinks with `advance`, and tells the task and the others what came of it. */
export class Member implements GroupMember {
  readonly #input: MemberInput;
  readonly #roll: Roll;
  readonly #stop: () => void;
  readonly #admitted = deferred<number | undefined>();
  #known: KnownBudget;
  #state: Membership;
  #listener: ((change: LimitChange) => void) | undefined;
  #moved = 0;
  #beat = 0;
  #isClosed = false;

  constructor(input: MemberInput) {
    const { folder, clock, budget } = input;
    this.#input = input;
    this.#roll = new Roll(folder);
    this.#admitted.promise.catch(() => undefined);
    this.#state = newcomer(clock.nowMs());
    this.#known = newestBudget(this.#roll.call(clock.nowMs()).budgets);
    if (budget !== undefined) this.#decide(budget);
    this.#write();
    this.#stop = clock.every(periodMs, () => this.#look());
  }

  get budget(): number | undefined {
    return finite(this.#known.budget);
  }

  setBudget(bytesPerSecond: number | undefined): Promise<void> {
    this.#decide(bytesPerSecond ?? Infinity);
    this.#look();
    return Promise.resolve();
  }

  async begin(signal: AbortSignal): Promise<number | undefined> {
    const giveUp = (): void => this.#admitted.reject(cancelled(this.#input.name));
    if (signal.aborted) giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
    this.#state = begun(this.#state, this.#input.clock.nowMs());
    this.#write();
    try {
      return await this.#admitted.promise;
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  }

  follow(listener: (change: LimitChange) => void): void {
    this.#listener = listener;
  }

  moved(bytes: number): void {
    this.#moved += bytes;
  }

  paused(isPaused: boolean): void {
    if (this.#state.stage === 'waiting') return;
    if (isPaused) this.#state = { ...this.#state, stage: 'paused' };
    else if (this.#state.stage === 'paused') this.#state = begun(this.#state, this.#input.clock.nowMs());
  }

  close(): Promise<void> {
    this.#isClosed = true;
    this.#stop();
    this.#input.folder.close();
    this.#admitted.reject(cancelled(this.#input.name));
    return Promise.resolve();
  }

  #decide(budget: number): void {
    this.#known = { budget, budgetVersion: Math.max(this.#known.budgetVersion + 1, Date.now()) };
  }

  #look(): void {
    if (this.#isClosed) return;
    const nowMs = this.#input.clock.nowMs();
    const { others, budgets, ownBeat } = this.#roll.call(nowMs);
    this.#known = newestBudget([...budgets, this.#known]);
    const before = this.#state;
    const view = {
      nowMs,
      others,
      budget: this.#known.budget,
      moved: this.#moved,
      isHeard: ownBeat === this.#beat,
      canTell: this.#listener !== undefined,
    };
    this.#moved = 0;
    this.#state = advance(before, view);
    try {
      this.#write();
    } catch {
      // A full disk, or somebody tidies up: at the next look it sees that it was not heard.
    }
    this.#tell(before, others);
  }

  #tell(before: Membership, others: readonly Present[]): void {
    const { isAdmitted, granted } = this.#state;
    if (isAdmitted && !before.isAdmitted) this.#admitted.resolve(finite(granted));
    else if (granted !== before.granted) {
      const { name } = this.#input;
      const reason = reasonOf({ name, budget: this.#known.budget, before, after: this.#state, others });
      this.#listener?.({ bandwidth: finite(Math.max(granted, trickle)), reason });
    }
  }

  #write(): void {
    this.#beat += 1;
    const { demand, holds } = this.#state;
    this.#input.folder.write({ beat: this.#beat, demand, holds, ...this.#known });
  }
}

function finite(rate: number): number | undefined {
  return rate === Infinity ? undefined : rate;
}

function cancelled(name: string): ImageError {
  return new ImageError(`cancelled before the group ${name} had a share for it`, { code: 'CANCELLED', origin: 'caller', untouched: true });
}
