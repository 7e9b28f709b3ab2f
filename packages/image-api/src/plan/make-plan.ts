import { ImageError, isImageError } from '@image-api/driver';
import type { AcceptedOffer, Availability, Driver, Endpoint, Environment, KnownEndpoint, Need, Offer, TransferRequest } from '@image-api/driver';
import type { ResolvedConfig } from '../config/config.ts';
import type { CopyOptions } from '../copy-options.ts';
import type { ProbeCache } from '../drivers/probe-cache.ts';
import { look } from '../look/look.ts';
import type { HostFinder, Look } from '../look/look.ts';
import { checkDeviceFree } from '../look/check-device-free.ts';
import { within } from '../run/within.ts';
import { formatUri } from '../uri/format-uri.ts';
import { parseUri } from '../uri/parse-uri.ts';
import { noDriver } from './explain.ts';
import { matchRules } from './match-rules.ts';
import type { Plan } from './plan.ts';
import { screen } from './screen.ts';
import { select } from './select.ts';
import { roomFor } from './room.ts';
import { stagingPath } from './staging-name.ts';
import type { Wish } from './wish.ts';
import { checkOptions, limitsOf, verifyModeOf } from './wish-of.ts';

/** What planning needs of the instance it is done for. */
export interface Planner {
  readonly config: ResolvedConfig;
  readonly drivers: readonly Driver[];
  readonly probes: ProbeCache;
  readonly env: Environment;
  readonly finder: HostFinder;
}

/** A plan with what is needed to carry it out, which is not plain data. */
export interface ReadyPlan {
  readonly plan: Plan;
  readonly look: Look;
  readonly request: TransferRequest;
  /** The accepted drivers, best first. */
  readonly ranked: readonly { readonly driver: Driver; readonly offer: AcceptedOffer }[];
}

/** An offer looks at both hosts; a driver that takes longer than this is not waited for. */
const offerDeadlineMs = 30_000;

/** What planning is asked: the copy as the caller wrote it. */
export interface PlanInput {
  readonly id: string;
  readonly from: string | URL;
  readonly to: string | URL;
  readonly options: CopyOptions;
  readonly signal: AbortSignal;
}

/**
 * Look at both ends, ask the drivers from cheap to dear, and rank them. Reads only.
 *
 * A plan in which nobody can do the copy is still a plan; use `winnerOf` to insist on one.
 */
export async function makePlan(input: PlanInput, planner: Planner): Promise<ReadyPlan> {
  const { config, drivers, finder } = planner;
  checkOptions(input.options);
  const [from, to] = [parseUri(input.from), parseUri(input.to)];
  checkSchemes([from, to], drivers);
  checkDriverOption(input.options.driver, drivers);
  const decision = matchRules(from, to, config);
  const verify = verifyModeOf(input.options, config);
  const { limits, limitsFrom } = limitsOf(input.options, decision, config);
  const seen = await look(from, to, { overwrite: input.options.overwrite ?? 'never' }, finder);
  await checkDeviceFree(seen.to);

  const staged = isStaged(seen);
  const wish = wishOf(seen, limits, input.options);
  const request = requestOf(input, wish, seen, staged);
  const survivors = screen(wish, drivers, decision).filter((screened) => screened.dropped === undefined).map(({ driver }) => driver);
  const asked = drivers.filter(({ id }) => survivors.includes(id));
  const availability = await ask(asked, (driver) => planner.probes.probe(driver, planner.env));
  const present = asked.filter(({ id }) => availability.get(id)?.available);
  const { offers, faults } = await askOffers(present, request, seen, planner, input.signal);
  const { offers: fitting, space, full } = roomFor(offers, request, seen);
  const candidates = select({ wish, drivers, decision, availability, offers: fitting });
  const accepted = candidates.filter((candidate) => candidate.accepted);
  if (accepted.length === 0 && full) throw full;
  if (accepted.length === 0 && faults[0]) throw faults[0];

  const ranked = accepted.map((candidate) => ({
    driver: drivers.find(({ id }) => id === candidate.driver) as Driver,
    offer: fitting.get(candidate.driver) as AcceptedOffer,
  }));
  const winner = ranked[0];
  const winnerSpace = winner && space.get(winner.driver.id);
  const inPlace = !staged;
  const plan: Plan = {
    from: planned(seen.from.endpoint, seen.from.host?.id),
    to: planned(seen.to.endpoint, seen.to.host?.id),
    staging: request.to.href,
    ...(winner && { driver: winner.driver.id }),
    candidates,
    limits,
    ...(limitsFrom && { limitsFrom }),
    rules: decision.names,
    ...(winnerSpace && { space: winnerSpace }),
    verify,
    publish: inPlace ? 'in-place' : 'atomic',
    notes: notesOf(seen, inPlace, input.options),
  };
  return { plan, look: seen, request, ranked };
}

/** The best driver of a plan. @throws ImageError NO_DRIVER with the table of reasons */
export function winnerOf(ready: ReadyPlan): ReadyPlan['ranked'][number] {
  const winner = ready.ranked[0];
  if (winner) return winner;
  throw noDriver(ready.plan);
}

function checkSchemes(endpoints: readonly Endpoint[], drivers: readonly Driver[]): void {
  const known = new Set(['file', 'ssh', ...drivers.flatMap(({ capabilities }) => capabilities.routes.flatMap(({ from, to }) => [from, to]))]);
  const unknown = endpoints.find(({ scheme }) => !known.has(scheme));
  if (!unknown) return;
  throw new ImageError(
    `${unknown.href}: no configured driver knows the scheme ${unknown.scheme}: (known: ${[...known].filter((scheme) => scheme !== '*').join(', ')})`,
    { code: 'UNKNOWN_SCHEME', origin: 'caller', untouched: true },
  );
}

function checkDriverOption(id: string | undefined, drivers: readonly Driver[]): void {
  if (id === undefined || drivers.some((driver) => driver.id === id)) return;
  throw new ImageError(`driver ${JSON.stringify(id)} is not configured: configured are ${drivers.map((driver) => driver.id).join(', ')}`, {
    code: 'UNKNOWN_DRIVER',
    origin: 'caller',
  });
}

function isStaged({ to }: Look): boolean {
  return to.host !== undefined && to.endpoint.facts.kind !== 'block';
}

function wishOf(seen: Look, limits: Wish['limits'], options: CopyOptions): Wish {
  const delta: readonly Need[] = options.delta && seen.to.stat?.kind === 'file' ? ['delta'] : [];
  return {
    from: seen.from.endpoint,
    to: seen.to.endpoint,
    needs: [...new Set([...(options.needs ?? []), ...delta])],
    limits,
    priority: options.priority ?? 'normal',
    ...(options.driver !== undefined && { driver: options.driver }),
    ...(options.toFormat !== undefined && { toFormat: options.toFormat }),
  };
}

function requestOf(input: PlanInput, wish: Wish, seen: Look, staged: boolean): TransferRequest {
  const { options } = input;
  const { facts: _, ...name } = seen.to.endpoint;
  const held = wish.needs.includes('delta') && options.delta ? { held: 'delta' as const } : {};
  return {
    id: input.id,
    from: seen.from.endpoint,
    to: staged ? stagingEndpoint(seen, options) : seen.to.endpoint,
    name,
    ...held,
    ...(options.checksum && { digest: options.checksum }),
    ...(options.toFormat && { toFormat: options.toFormat }),
    limits: wish.limits,
    priority: wish.priority,
    driverOptions: {},
  };
}

function stagingEndpoint(seen: Look, options: CopyOptions): KnownEndpoint {
  const { href: _href, facts, ...parts } = seen.to.endpoint;
  const path = stagingPath(seen, options.toFormat);
  return { ...parts, path, href: formatUri({ ...parts, path }), facts: { ...facts, kind: 'file', size: 0, allocated: 0 } };
}

async function askOffers(
  drivers: readonly Driver[],
  request: TransferRequest,
  seen: Look,
  planner: Planner,
  signal: AbortSignal,
): Promise<{ offers: ReadonlyMap<string, Offer>; faults: readonly ImageError[] }> {
  const faults: ImageError[] = [];
  const hosts = { ...(seen.from.host && { from: seen.from.host }), ...(seen.to.host && { to: seen.to.host }) };
  const offers = await ask(drivers, async (driver): Promise<Offer> => {
    try {
      return await within(offerDeadlineMs, driver.offer(request, { env: planner.env, signal, hosts }));
    } catch (error) {
      if (isImageError(error) && error.code === 'CANCELLED') throw error;
      if (isImageError(error) && (error.origin === 'source' || error.origin === 'destination' || error.origin === 'caller')) faults.push(error);
      return { accept: false, reason: error instanceof Error ? error.message : String(error) };
    }
  });
  return { offers, faults };
}

async function ask<T extends Offer | Availability>(drivers: readonly Driver[], question: (driver: Driver) => Promise<T>): Promise<ReadonlyMap<string, T>> {
  return new Map(await Promise.all(drivers.map(async (driver) => [driver.id, await question(driver)] as const)));
}

function planned(endpoint: KnownEndpoint, host: string | undefined): Plan['from'] {
  return { href: endpoint.href, facts: endpoint.facts, ...(host !== undefined && { host }) };
}

const unencrypted = new Set(['http', 'nbd', 'rsync']);

function notesOf(seen: Look, inPlace: boolean, options: CopyOptions): readonly string[] {
  const notes: string[] = [];
  for (const { endpoint } of [seen.from, seen.to]) if (unencrypted.has(endpoint.scheme)) notes.push(`unencrypted: ${endpoint.scheme} to ${endpoint.authority?.host ?? ''}`);
  if (inPlace) notes.push('not atomic: bytes go straight to the destination, a failure leaves it undefined');
  if (options.delta && seen.to.stat === undefined) notes.push('nothing is there to start a delta from: a full copy');
  return notes;
}
