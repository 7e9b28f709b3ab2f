import type { Endpoint, Limits } from '@image-api/driver';
import type { ResolvedConfig } from '../config/config.ts';
import { formatUri } from '../uri/format-uri.ts';
import { matchGlob } from './match-glob.ts';

/** What the rules that match a copy say of it, and which one says what. */
export interface RuleDecision {
  /** The rules that apply, in order: `rule 1 (to ssh://**)`. */
  readonly names: readonly string[];
  /** Only these drivers, in this order. */
  readonly use?: { readonly ids: readonly string[]; readonly rule: string };
  /** Drivers never to use, each with the rule that says so. */
  readonly avoid: ReadonlyMap<string, string>;
  /** In place of the config's limits; an empty set lifts them. */
  readonly limits?: { readonly limits: Limits; readonly rule: string };
}

type ResolvedRule = ResolvedConfig['rules'][number];

/**
 * Which rules apply to a copy, and what they come to. Where two speak of the same thing the later one wins: its `use`, its
 * `limits`, and for a driver that one rule avoids and a later one uses, the later word. Within one rule `avoid` is stronger.
 */
export function matchRules(from: Endpoint, to: Endpoint, config: Pick<ResolvedConfig, 'rules' | 'facts'>): RuleDecision {
  return config.rules
    .map((rule, index) => ({ rule, name: nameOf(rule, index) }))
    .filter(({ rule }) => matchEndpoint(rule.from, from) && matchEndpoint(rule.to, to) && matchFacts(rule.when, config.facts))
    .reduce<RuleDecision>((decision, { rule, name }) => withRule(decision, rule, name), { names: [], avoid: new Map() });
}

function nameOf({ from, to, when }: ResolvedRule, index: number): string {
  const facts = Object.entries(when ?? {}).map(([name, value]) => `when ${name}=${value}`);
  const conditions = [...(from === undefined ? [] : [`from ${from}`]), ...(to === undefined ? [] : [`to ${to}`]), ...facts];
  return `rule ${index + 1} (${conditions.join(', ') || 'every copy'})`;
}

/** A user or port that the pattern leaves out is not looked at: writing one must not be a way around a rule. */
function matchEndpoint(pattern: string | undefined, endpoint: Endpoint): boolean {
  return pattern === undefined || hrefsOf(endpoint).some((href) => matchGlob(pattern, href));
}

function hrefsOf(endpoint: Endpoint): readonly string[] {
  if (!endpoint.authority) return [endpoint.href];
  const { host, user, port } = endpoint.authority;
  const authorities = [{ host }, { host, ...(user !== undefined && { user }) }, { host, ...(port !== undefined && { port }) }];
  return [endpoint.href, ...authorities.map((authority) => formatUri({ ...endpoint, authority }))];
}

function matchFacts(when: ResolvedRule['when'], facts: ResolvedConfig['facts']): boolean {
  return Object.entries(when ?? {}).every(([name, value]) => Object.hasOwn(facts, name) && facts[name] === value);
}

function withRule(decision: RuleDecision, rule: ResolvedRule, name: string): RuleDecision {
  const used = new Set(rule.use);
  const earlier = [...decision.avoid].filter(([id]) => !used.has(id));
  return {
    ...decision,
    names: [...decision.names, name],
    ...(rule.use && { use: { ids: rule.use, rule: name } }),
    avoid: new Map([...earlier, ...(rule.avoid ?? []).map((id): [string, string] => [id, name])]),
    ...(rule.limits && { limits: { limits: rule.limits, rule: name } }),
  };
}
