import { ImageError } from '@image-api/driver';
import type { AcceptedOffer, Driver, Endpoint, Environment, ImageFormat, Need, TransferRequest } from '@image-api/driver';
import type { ResolvedConfig } from '../config/config.ts';
import type { CopyOptions } from '../copy-options.ts';
import type { ProbeCache } from '../drivers/probe-cache.ts';
import type { History } from '../history/history.ts';
import { routeOf } from '../history/route-of.ts';
import { checkDeviceFree } from '../look/check-device-free.ts';
import { look } from '../look/look.ts';
import type { HostFinder, Look } from '../look/look.ts';
import type { Ledger } from '../run/ledger.ts';
import type { TaskLimits } from '../run/task.ts';
import { checkSourceImage } from '../safety/check-source-image.ts';
import type { SafeImage } from '../safety/check-source-image.ts';
import { imageRulesOf } from '../safety/image-rules.ts';
import type { ImageRules } from '../safety/image-rules.ts';
import { parseUri } from '../uri/parse-uri.ts';
import { askDrivers } from './ask-drivers.ts';
import { checkAgainstLook } from './check-against-look.ts';
import { checkOptions } from './check-options.ts';
import { matchRules } from './match-rules.ts';
import type { RuleDecision } from './match-rules.ts';
import { notesOf } from './notes.ts';
import type { Remarkable } from './notes.ts';
import { noDriver } from './explain.ts';
import type { Candidate, Plan } from './plan.ts';
import { requestsFor } from './request-for.ts';
import { roomFor } from './room.ts';
import type { Room } from './room.ts';
import { isAlready } from './screen.ts';
import { select } from './select.ts';
import type { Wish } from './wish.ts';
import { limitsOf, verifyModeOf } from './wish-of.ts';

/** What planning needs of the instance it is done for. */
export interface Planner {
  readonly config: ResolvedConfig;
  readonly drivers: readonly Driver[];
  readonly probes: ProbeCache;
  readonly env: Environment;
  readonly finder: HostFinder;
  readonly ledger: Ledger;
  /** Absent where the config does not want one. */
  readonly history?: History;
}

/** The copy as the caller wrote it. */
export interface PlanInput {
  readonly id: string;
  readonly from: string | URL;
  readonly to: string | URL;
  readonly options: CopyOptions;
  readonly signal: AbortSignal;
}

/** A driver that accepted, and what it is asked to do. */
export interface RankedDriver {
  readonly driver: Driver;
  readonly offer: AcceptedOffer;
  readonly request: TransferRequest;
}

/** A plan with what is needed to carry it out, which is not plain data. */
export interface ReadyPlan {
  readonly plan: Plan;
  readonly look: Look;
  /** The staging file begins as a clone of the old image. */
  readonly delta: boolean;
  /** What bounds it, as it was asked for. */
  readonly bound: TaskLimits;
  /** Which images may be copied. */
  readonly rules: ImageRules;
  /** The source, judged; absent where no host could look at it. */
  readonly image?: SafeImage;
  /** What it took may be remembered for this route; absent where it will say nothing of other copies. */
  readonly route?: string;
  /** The accepted drivers, best first. */
  readonly ranked: readonly RankedDriver[];
}

/**
 * Look at both ends, ask the drivers from cheap to dear, and rank them. Reads only.
 *
 * A plan in which nobody can do the copy is still a plan; `winnerOf` insists on one.
 *
 * @throws ImageError whatever makes the copy impossible for everybody
 */
export async function makePlan(input: PlanInput, planner: Planner): Promise<ReadyPlan> {
  const { options } = input;
  const { from, to, decision } = judgeArguments(input, planner);
  const { bound, limitsFrom } = limitsOf(options, decision, planner.config);
  const terms = { ...termsOf(bound), ...(limitsFrom && { limitsFrom }), verify: verifyModeOf(options, planner.config) };
  const rules = imageRulesOf(options, planner.config);
  const { maxVirtualSize } = rules;
  const seen = await look(
    from,
    to,
    { overwrite: options.overwrite ?? 'never', maxVirtualSize, ...claimOf(rules), converting: options.toFormat !== undefined },
    planner.finder,
  );
  checkAgainstLook(options, seen);
  await checkDeviceFree(seen.to);

  const wish = wishOf(seen, bound, options);
  const image = await checkSourceImage(seen, rules, wish.toFormat !== undefined);
  const requests = await requestsFor({ ...input, verify: terms.verify }, wish, seen, planner.drivers);
  const route = routeOf(seen, wish, bound);
  const history = route === undefined ? [] : planner.history?.lessonsOn(route);
  const answers = await askDrivers({ wish, decision, requests, look: seen, planner, signal: input.signal });
  const room = roomFor(answers.offers, requests, seen);
  const lessons = (await history) ?? [];
  const candidates = select({ wish, drivers: planner.drivers, decision, ...answers, offers: room.offers, lessons });
  const ranked = rankedOf(candidates, planner.drivers, room, requests);
  const impossible = room.full ?? answers.faults[0];
  if (ranked.length === 0 && impossible) throw impossible;
  const plan = planOf(seen, candidates, requests, room, decision, terms, { options, image });
  return {
    plan,
    look: seen,
    delta: wish.delta === true,
    bound,
    rules,
    ...(image && { image }),
    ...(route !== undefined && { route }),
    ranked,
  };
}

/** The best driver of a plan. @throws ImageError NO_DRIVER with the table of reasons */
export function winnerOf({ plan, ranked }: ReadyPlan): RankedDriver {
  const winner = ranked[0];
  if (winner) return winner;
  throw noDriver(plan);
}

/** Everything that can be judged before anything is looked at. */
function judgeArguments(
  { from: fromText, to: toText, options }: PlanInput,
  { config, drivers }: Planner,
): { from: Endpoint; to: Endpoint; decision: RuleDecision } {
  checkOptions(
    options,
    drivers.map(({ id }) => id),
  );
  const [from, to] = [parseUri(fromText), parseUri(toText)];
  checkSchemes([from, to], drivers);
  checkDriverOption(options.driver, drivers);
  return { from, to, decision: matchRules(from, to, config) };
}

function checkSchemes(endpoints: readonly Endpoint[], drivers: readonly Driver[]): void {
  const routed = drivers.flatMap(({ capabilities }) => capabilities.routes.flatMap(({ from, to }) => [from, to]));
  const known = new Set(['file', 'ssh', ...routed.filter((scheme) => scheme !== '*')]);
  const unknown = endpoints.find(({ scheme }) => !known.has(scheme));
  if (!unknown) return;
  const message = `${unknown.href}: no configured driver knows the scheme ${unknown.scheme}; known are ${[...known].join(', ')}`;
  throw new ImageError(message, { code: 'UNKNOWN_SCHEME', origin: 'caller', untouched: true });
}

function checkDriverOption(id: string | undefined, drivers: readonly Driver[]): void {
  if (id === undefined || drivers.some((driver) => driver.id === id)) return;
  const configured = drivers.map((driver) => driver.id).join(', ');
  throw new ImageError(`driver ${JSON.stringify(id)} is not configured; configured are ${configured}`, {
    code: 'UNKNOWN_DRIVER',
    origin: 'caller',
  });
}

function claimOf({ claimed }: ImageRules): { readonly claimed?: ImageFormat } {
  return claimed === undefined ? {} : { claimed };
}

function wishOf(seen: Look, bound: TaskLimits, options: CopyOptions): Wish {
  // Where nothing is there to start from, a delta is a full copy, which every driver can make.
  const delta = options.delta === true && seen.to.stat !== undefined;
  const moves = bound.auto === true || bound.group !== undefined;
  const needs: readonly Need[] = [
    ...(options.needs ?? []),
    ...(delta ? ['delta' as const] : []),
    ...(moves ? ['liveLimits' as const] : []),
  ];
  const { toFormat } = options;
  return {
    from: seen.from.endpoint,
    to: seen.to.endpoint,
    needs: [...new Set(needs)],
    delta,
    limits: termsOf(bound).limits,
    priority: options.priority ?? 'normal',
    ...(options.driver !== undefined && { driver: options.driver }),
    // What is of the wanted format already is only copied.
    ...(toFormat !== undefined && !isAlready(toFormat, seen.from.endpoint.facts.format) && { toFormat }),
  };
}

/** The part of a bound that is a number, and the rest for the plan. */
function termsOf({ bandwidth, group, auto }: TaskLimits): Pick<Plan, 'limits' | 'group' | 'auto'> {
  return { limits: bandwidth === undefined ? {} : { bandwidth }, ...(group !== undefined && { group }), ...(auto && { auto }) };
}

function rankedOf(
  candidates: readonly Candidate[],
  drivers: readonly Driver[],
  room: Room,
  requests: ReadonlyMap<string, TransferRequest>,
): readonly RankedDriver[] {
  return candidates.flatMap(({ driver: id, accepted }) => {
    const [driver, offer, request] = [drivers.find((one) => one.id === id), room.offers.get(id), requests.get(id)];
    return accepted && driver && request && offer?.accept ? [{ driver, offer, request }] : [];
  });
}

function planOf(
  seen: Look,
  candidates: readonly Candidate[],
  requests: ReadonlyMap<string, TransferRequest>,
  room: Room,
  decision: RuleDecision,
  terms: Pick<Plan, 'limits' | 'limitsFrom' | 'group' | 'auto' | 'verify'>,
  remarks: Pick<Remarkable, 'options' | 'image'>,
): Plan {
  const winner = candidates.find(({ accepted }) => accepted)?.driver;
  const space = winner === undefined ? undefined : room.space.get(winner);
  const staging = [...requests.values()][0]?.to.href ?? seen.to.endpoint.href;
  const inPlace = staging === seen.to.endpoint.href;
  return {
    from: { href: seen.from.endpoint.href, facts: seen.from.endpoint.facts, ...(seen.from.host && { host: seen.from.host.id }) },
    to: { href: seen.to.endpoint.href, facts: seen.to.endpoint.facts, ...(seen.to.host && { host: seen.to.host.id }) },
    staging,
    ...(winner !== undefined && { driver: winner }),
    candidates,
    ...terms,
    rules: decision.names,
    ...(space && { space }),
    publish: inPlace ? 'in-place' : 'atomic',
    notes: notesOf({ look: seen, inPlace, verify: terms.verify, ...remarks }),
  };
}
