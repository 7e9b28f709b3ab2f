import type { AcceptedOffer, Availability, Limits, Offer } from '@image-api/driver';
import { estimateOf } from '../history/estimate.ts';
import type { Estimate } from '../history/estimate.ts';
import type { Lesson } from '../history/lesson.ts';
import { formatRate } from '../rate/format-rate.ts';
import type { RuleDecision } from './match-rules.ts';
import type { Candidate } from './plan.ts';
import { screen } from './screen.ts';
import type { ClaimedDriver, Dropped } from './screen.ts';
import type { Wish } from './wish.ts';

/** Everything a choice is made from. */
export interface Selection {
  readonly wish: Wish;
  /** In config order. */
  readonly drivers: readonly ClaimedDriver[];
  readonly decision: RuleDecision;
  /** Of the drivers that were probed. */
  readonly availability: ReadonlyMap<string, Availability>;
  /** Of the drivers that were asked. */
  readonly offers: ReadonlyMap<string, Offer>;
  /** What earlier copies on this route took. */
  readonly lessons: readonly Lesson[];
}

/**
 * Rank the drivers for one copy and say of each why it won or lost. Pure: the same input gives the same plan.
 *
 * Winners come first: in the order of the rule that named them, else by estimated seconds, ties in config order. The others
 * follow in config order.
 */
export function select(selection: Selection): readonly Candidate[] {
  const screened = screen(selection.wish, selection.drivers, selection.decision);
  const judged = selection.drivers.map(({ id }) => ({ id, verdict: screened.get(id) ?? judge(id, selection) }));
  const past = { ...selection.wish, lessons: selection.lessons };
  const estimated = (id: string, offer: AcceptedOffer): Winner => ({ id, offer, estimate: estimateOf(id, offer, past) });
  const winners = judged.flatMap(({ id, verdict }) => ('accept' in verdict ? [estimated(id, verdict)] : []));
  const losers = judged.flatMap(({ id, verdict }) => ('accept' in verdict ? [] : [{ driver: id, accepted: false, ...verdict } as const]));
  return [...rank(winners, selection.decision).map(winnerOf), ...losers];
}

interface Winner {
  readonly id: string;
  readonly offer: AcceptedOffer;
  readonly estimate: Estimate;
}

function judge(id: string, { wish, availability, offers }: Selection): AcceptedOffer | Dropped {
  const [available, offer] = [availability.get(id), offers.get(id)];
  // Who refuses by the request alone was not probed.
  if (offer && !offer.accept) return { stage: 'offer', reason: offer.reason };
  if (!available?.available) return { stage: 'probe', reason: available?.reason ?? 'was not probed' };
  if (!offer) return { stage: 'offer', reason: 'made no offer' };
  const flaw = estimateFlaw(offer.seconds) ?? limitFlaw(wish.limits, offer.limits);
  return flaw === undefined ? offer : { stage: 'offer', reason: flaw };
}

function estimateFlaw(seconds: number): string | undefined {
  return Number.isFinite(seconds) && seconds >= 0 ? undefined : 'did not say how long it would take (a mistake of the driver)';
}

/** The last guard of the rule that a limit is never dropped silently. */
function limitFlaw({ bandwidth: asked }: Limits, kept: Limits | undefined): string | undefined {
  if (asked === undefined) return undefined;
  const bandwidth = kept?.bandwidth;
  if (bandwidth === undefined || !(bandwidth > 0)) return 'did not say which limit it would keep (a mistake of the driver)';
  return bandwidth <= asked ? undefined : `would keep a limit of ${formatRate(bandwidth)}, more than the ${formatRate(asked)} asked for`;
}

/** Sorting is stable, so config order decides where nothing else does. */
function rank(winners: readonly Winner[], { use }: RuleDecision): readonly Winner[] {
  if (use) return winners.toSorted((one, other) => use.ids.indexOf(one.id) - use.ids.indexOf(other.id));
  return winners.toSorted((one, other) => one.estimate.seconds - other.estimate.seconds);
}

function winnerOf({ id, offer, estimate }: Winner, index: number): Candidate {
  const { reason, commands, limits = {}, charged, notes = [] } = offer;
  return { driver: id, accepted: true, rank: index + 1, ...estimate, reason, commands, limits, ...(charged && { charged }), notes };
}
