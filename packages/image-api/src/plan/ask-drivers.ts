import { setMaxListeners } from 'node:events';
import { isImageError } from '@image-api/driver';
import type { Availability, Driver, ImageError, Offer, TransferRequest } from '@image-api/driver';
import type { Look } from '../look/look.ts';
import { within } from '../run/within.ts';
import type { Planner } from './make-plan.ts';
import type { RuleDecision } from './match-rules.ts';
import { screen } from './screen.ts';
import type { Wish } from './wish.ts';

/** An offer looks at both hosts; a driver that takes longer than this is not waited for. */
const offerDeadlineMs = 30_000;

export interface Questions {
  readonly wish: Wish;
  readonly decision: RuleDecision;
  readonly requests: ReadonlyMap<string, TransferRequest>;
  readonly look: Look;
  readonly planner: Planner;
  readonly signal: AbortSignal;
}

/** What the drivers said. A driver that dropped out early was not asked the dearer questions. */
export interface Answers {
  readonly availability: ReadonlyMap<string, Availability>;
  readonly offers: ReadonlyMap<string, Offer>;
  /** What drivers found that makes the copy impossible for anybody. */
  readonly faults: readonly ImageError[];
}

/** Ask the drivers that claims and rules leave: what they refuse anyway, then what this machine has, then for an offer. */
export async function askDrivers(questions: Questions): Promise<Answers> {
  const { wish, decision, planner } = questions;
  const dropped = screen(wish, planner.drivers, decision);
  const possible = planner.drivers.filter(({ id }) => dropped.get(id) === undefined);
  const refusals = new Map(possible.flatMap((driver) => refusalOf(driver, questions)));
  const willing = possible.filter(({ id }) => !refusals.has(id));
  const availability = await askAll(willing, (driver) => planner.probes.probe(driver, planner.env));
  const present = willing.filter(({ id }) => availability.get(id)?.available);
  const faults = [...availability.values()].flatMap(({ fault }) => (fault ? [fault] : []));
  // Who is asked asks others, and every one of them listens for the end.
  const signal = AbortSignal.any([questions.signal]);
  setMaxListeners(0, signal);
  const offers = await askAll(present, (driver) => askOffer(driver, { ...questions, signal }, faults));
  return { availability, offers: new Map([...refusals, ...offers]), faults };
}

/** Of a driver that the request itself is reason enough for. */
function refusalOf(driver: Driver, { requests }: Questions): readonly (readonly [string, Offer])[] {
  try {
    const reason = driver.refuses?.(requests.get(driver.id) as TransferRequest);
    return reason === undefined ? [] : [[driver.id, { accept: false, reason }]];
  } catch (error) {
    return [[driver.id, refusalFor(error)]];
  }
}

async function askOffer(driver: Driver, { requests, look, planner, signal }: Questions, faults: ImageError[]): Promise<Offer> {
  const hosts = { ...(look.from.host && { from: look.from.host }), ...(look.to.host && { to: look.to.host }) };
  try {
    return await within(offerDeadlineMs, driver.offer(requests.get(driver.id) as TransferRequest, { env: planner.env, signal, hosts }));
  } catch (error) {
    const refusal = refusalFor(error);
    if (isImageError(error) && error.origin !== 'driver' && error.origin !== 'core') faults.push(error);
    return refusal;
  }
}

/** A driver that fails over a question will not do it. A mistake of the caller is told, not worked around by another driver. */
function refusalFor(error: unknown): Offer {
  if (isImageError(error) && error.origin === 'caller') throw error;
  return { accept: false, reason: error instanceof Error ? error.message : String(error) };
}

async function askAll<T>(drivers: readonly Driver[], question: (driver: Driver) => Promise<T>): Promise<ReadonlyMap<string, T>> {
  return new Map(await Promise.all(drivers.map(async (driver) => [driver.id, await question(driver)] as const)));
}
