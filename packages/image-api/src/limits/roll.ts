import type { FoundMember, GroupFolder } from './group-folder.ts';
import type { MemberRecord } from './member-record.ts';
import type { KnownBudget } from './newest-budget.ts';
import type { Standing } from './shares.ts';

/** Who was not heard of for so long is not there any more. */
const silenceMs = 3000;
/** A file of another PID namespace that is silent for so long was left behind. */
const forgottenMs = 60_000;

/** A member of a group at one moment. */
export interface Present extends Standing {
  readonly id: string;
}

/** Calls the roll of a group: who is there, who is silent, who is gone. Clocks are not compared, only one's own is looked at. */
export class Roll {
  readonly #folder: GroupFolder;
  readonly #heard = new Map<string, { readonly record: MemberRecord; readonly atMs: number }>();

  constructor(folder: GroupFolder) {
    this.#folder = folder;
  }

  /** All others who are there, every budget anybody told, and whether one's own last word can be heard. */
  call(nowMs: number): {
    readonly others: readonly Present[];
    readonly budgets: readonly KnownBudget[];
    readonly ownBeat: number | undefined;
  } {
    const all = this.#folder.read();
    const found = all.filter(({ id }) => id !== this.#folder.id);
    const others = found.map((member) => this.#judge(member, nowMs)).filter((member) => member !== undefined);
    const budgets = found.flatMap(({ record }) => record ?? []);
    const ids = new Set(found.map(({ id }) => id));
    for (const id of this.#heard.keys()) if (!ids.has(id)) this.#heard.delete(id);
    return { others, budgets, ownBeat: all.find(({ id }) => id === this.#folder.id)?.record?.beat };
  }

  #judge({ id, fate, record }: FoundMember, nowMs: number): Present | undefined {
    const last = this.#heard.get(id);
    // Half a record says only that it is alive.
    if (record && record.beat !== last?.record.beat) this.#heard.set(id, { record, atMs: nowMs });
    const heard = this.#heard.get(id);
    if (!heard || fate === 'gone') return undefined;
    const { demand, holds } = heard.record;
    const silentMs = nowMs - heard.atMs;
    if (silentMs <= silenceMs) return { id, demand, holds };
    if (fate === undefined && silentMs > forgottenMs) this.#folder.remove(id);
    return fate === 'busy' ? { id, demand, holds, deaf: true } : undefined;
  }
}
