import type { Capabilities, Driver, ImageFormat, Need } from '@image-api/driver';
import type { RuleDecision } from './match-rules.ts';
import type { DropStage } from './plan.ts';
import type { Wish } from './wish.ts';

/** Where and why a driver dropped out. */
export interface Dropped {
  readonly stage: DropStage;
  /** Words a user can act on. */
  readonly reason: string;
}

/** What claims and rules are judged by: no driver is asked anything. */
export type ClaimedDriver = Pick<Driver, 'id' | 'capabilities'>;

/**
 * Who drops out by what is known without asking: by rule, by route, by need. Every driver is in the answer, in the given
 * order; `undefined` stands for one that goes on to be probed.
 */
export function screen(wish: Wish, drivers: readonly ClaimedDriver[], decision: RuleDecision): ReadonlyMap<string, Dropped | undefined> {
  return new Map(drivers.map((driver) => [driver.id, dropOf(wish, driver, decision)]));
}

function dropOf(wish: Wish, { id, capabilities }: ClaimedDriver, decision: RuleDecision): Dropped | undefined {
  return (
    drop('rule', ruleAgainst(id, wish, decision)) ??
    drop('route', routeMissing(wish, capabilities)) ??
    drop('need', promiseMissing(wish, capabilities))
  );
}

function drop(stage: DropStage, reason: string | undefined): Dropped | undefined {
  return reason === undefined ? undefined : { stage, reason };
}

function ruleAgainst(id: string, wish: Wish, { use, avoid }: RuleDecision): string | undefined {
  if (wish.driver !== undefined && wish.driver !== id) return `not the driver asked for (${wish.driver})`;
  const avoidedBy = avoid.get(id);
  if (avoidedBy !== undefined) return `${avoidedBy} avoids it`;
  return use && !use.ids.includes(id) ? `${use.rule} uses only ${use.ids.join(', ') || 'none'}` : undefined;
}

function routeMissing({ from, to }: Wish, { routes }: Capabilities): string | undefined {
  const found = routes.some((route) => (route.from === '*' || route.from === from.scheme) && route.to === to.scheme);
  return found ? undefined : `does not go from ${from.scheme} to ${to.scheme}`;
}

function promiseMissing(wish: Wish, capabilities: Capabilities): string | undefined {
  if (wish.limits.bandwidth !== undefined && !keeps.limits.when(capabilities)) return keeps.limits.otherwise;
  const need = wish.needs.find((name) => !keeps[name].when(capabilities));
  if (need !== undefined) return keeps[need].otherwise;
  if (wish.toFormat !== undefined && !arrivesAs(wish.toFormat, wish.from.facts.format, capabilities))
    return `cannot convert to ${wish.toFormat}`;
  return wish.priority === 'idle' && !capabilities.idle ? 'cannot copy at idle priority' : undefined;
}

/** When a driver keeps what a need asks for, and what is said of one that does not. */
const keeps: Readonly<Record<Need, { readonly when: (claims: Capabilities) => boolean; readonly otherwise: string }>> = {
  sparse: { when: ({ sparse }) => sparse === true, otherwise: 'does not keep holes' },
  resume: { when: ({ resume }) => resume === true, otherwise: 'cannot resume an interrupted copy' },
  delta: { when: ({ delta }) => delta === true, otherwise: 'cannot send only what differs' },
  readyEarly: { when: ({ readyEarly }) => readyEarly === true, otherwise: 'cannot make the image usable before it is complete' },
  pause: { when: ({ pause }) => pause === true, otherwise: 'cannot pause' },
  limits: { when: ({ limits }) => limits !== undefined, otherwise: 'cannot hold a limit' },
  liveLimits: { when: ({ limits }) => limits === 'live', otherwise: 'cannot change a limit while it copies' },
  progress: { when: ({ progress }) => progress === 'bytes', otherwise: 'cannot tell how many bytes it has copied' },
  cache: { when: ({ cache }) => cache === true, otherwise: 'has no cache' },
};

/** Everything a caller can insist on. */
export const needNames: readonly Need[] = Object.keys(keeps) as Need[];

/** Formats that are what a guest reads, byte for byte. */
const plain: ReadonlySet<ImageFormat> = new Set(['raw', 'iso', 'gpt', 'luks']);

/** Whether an image is of the wanted format as it is. */
export function isAlready(wanted: ImageFormat, found: ImageFormat | undefined): boolean {
  return found !== undefined && (found === wanted || (wanted === 'raw' && plain.has(found)));
}

function arrivesAs(wanted: ImageFormat, found: ImageFormat | undefined, { convert }: Capabilities): boolean {
  if (isAlready(wanted, found)) return true;
  if (!convert?.to.includes(wanted)) return false;
  // Where nobody could look, the driver will find out.
  return found === undefined || convert.from.includes(found) || (plain.has(found) && convert.from.includes('raw'));
}
