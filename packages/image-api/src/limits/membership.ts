import { demandOf, memoryMs } from './demand.ts';
import type { Stretch } from './demand.ts';
import { nextShare } from './shares.ts';
import type { Standing } from './shares.ts';

/** Where one task stands in its group. Rates in bytes per second, `Infinity` where there is no end. */
export interface Membership {
  /** `waiting`: nobody asked to begin yet. `beginning`: nothing moved yet. */
  readonly stage: 'waiting' | 'beginning' | 'moving' | 'paused';
  readonly sinceMs: number;
  /** It was given a share to begin with. */
  readonly isAdmitted: boolean;
  /** What it was told it may use. */
  readonly granted: number;
  /** What the others are told that it may be using: less only once its driver has had time to keep to less. */
  readonly holds: number;
  readonly demand: number;
  readonly changedAtMs: number;
  readonly lookedAtMs: number;
  readonly stretches: readonly Stretch[];
}

/** What a member sees when it looks around. */
export interface View {
  readonly nowMs: number;
  readonly budget: number;
  readonly others: readonly Standing[];
  /** Bytes since it looked last. */
  readonly moved: number;
  /** What it told the others last can be read by them. */
  readonly isHeard: boolean;
  /** Somebody listens to changes. */
  readonly canTell: boolean;
}

/** Between two changes of a limit, at least. */
const betweenChangesMs = 240;
/** So long after it was told, a driver keeps a lower limit; and so long a newcomer lets others show themselves. */
const settleMs = 100;
/** Who did not look for so long may have been taken for gone by the others. */
export const awayMs = 1500;
/** Without a byte, a task that has just begun is taken to be getting ready for so long. */
const patienceMs = 5000;
/** A change upwards of less than this part is not worth telling. */
const worthTelling = 1.005;

/** A task that has joined and not begun. */
export function newcomer(nowMs: number): Membership {
  const nothing = { isAdmitted: false, granted: 0, holds: 0, demand: 0, stretches: [] };
  return { stage: 'waiting', sinceMs: nowMs, changedAtMs: -Infinity, lookedAtMs: nowMs, ...nothing };
}

/** It begins, or goes on: what it did before says nothing. */
export function begun(member: Membership, nowMs: number): Membership {
  return { ...member, stage: 'beginning', sinceMs: nowMs, demand: Infinity, stretches: [] };
}

/** What follows from one look around: what it may use from now on, and what it tells the others. */
export function advance(before: Membership, view: View): Membership {
  const isSettled = view.nowMs - before.changedAtMs >= settleMs;
  const member = appraise({ ...remember(before, view), holds: isSettled ? before.granted : before.holds }, view);
  if (member.isAdmitted && view.budget !== Infinity && mayBeForgotten(before, view)) return granting(member, 0, view);
  const share = nextShare(view.budget, [member, ...view.others], 0);
  if (!member.isAdmitted) return admitted(member, share, view);
  return isWorth(member, share, view) ? granting(member, share, view) : member;
}

/** The others may have given its share away. */
function mayBeForgotten({ lookedAtMs }: Membership, { nowMs, isHeard }: View): boolean {
  return !isHeard || nowMs - lookedAtMs > awayMs;
}

function remember(member: Membership, { nowMs, moved }: View): Membership {
  const ms = nowMs - member.lookedAtMs;
  const stage = member.stage === 'beginning' && (moved > 0 || nowMs - member.sinceMs > patienceMs) ? 'moving' : member.stage;
  const looked = { ...member, stage, lookedAtMs: nowMs };
  if (stage !== 'moving' || ms <= 0) return looked;
  const stretch: Stretch = { ms, moved, allowed: (member.granted * ms) / 1000 };
  return { ...looked, stretches: recent([stretch, ...member.stretches]) };
}

/** Newest first, as many as the memory takes. */
function recent(stretches: readonly Stretch[]): readonly Stretch[] {
  let beforeMs = 0;
  return stretches.filter(({ ms }) => {
    const isRecent = beforeMs < memoryMs;
    beforeMs += ms;
    return isRecent;
  });
}

function appraise(member: Membership, { budget, others }: View): Membership {
  if (member.stage === 'waiting' || member.stage === 'paused') return { ...member, demand: 0 };
  return { ...member, demand: demandOf(member.stretches, budget / (others.length + 1)) };
}

/** Another newcomer may not have seen this one yet, so it takes nothing at first. */
function admitted(member: Membership, share: number, { nowMs }: View): Membership {
  if (share <= 0 || nowMs - member.sinceMs < settleMs) return member;
  return { ...member, isAdmitted: true, granted: share, holds: share, changedAtMs: nowMs };
}

function isWorth({ granted, changedAtMs }: Membership, share: number, { nowMs, canTell }: View): boolean {
  if (!canTell || nowMs - changedAtMs < betweenChangesMs) return false;
  return share < granted || share > granted * worthTelling;
}

/** What grows is held from now on, what shrinks until the driver has had time. */
function granting(member: Membership, share: number, { nowMs }: View): Membership {
  return { ...member, granted: share, holds: Math.max(share, member.holds), changedAtMs: nowMs };
}
