import type { AcceptedOffer, Facts, TransferRequest } from '@image-api/driver';
import { limitOfUnits, limitUnits, scpArgs } from './scp-args.ts';
import type { ScpOptions } from './scp-options.ts';
import type { Way } from './scp-way.ts';

/** Bytes per second, measured on two cores: one ssh, two of them in a row, and a copy within a machine. */
const rates = { upload: 110e6, download: 110e6, direct: 110e6, relay: 60e6, within: 400e6 } as const;
/** A session on a connection that stands, and the first packets of sftp. */
const startSeconds = 0.5;

/** Why scp will not do it; `undefined` when it will. */
export function refusal({ from, to, limits, toFormat, held }: TransferRequest): string | undefined {
  const schemes = [from.scheme, to.scheme];
  if (!schemes.includes('ssh') || !schemes.every((scheme) => scheme === 'ssh' || scheme === 'file')) {
    return `copies between ssh hosts and this machine only, not from ${from.scheme} to ${to.scheme}`;
  }
  if (from.facts.kind === 'block' || to.facts.kind === 'block') return 'copies files only, no block devices';
  if (toFormat !== undefined) return `cannot convert to ${toFormat}`;
  if (held === 'resume') return 'cannot go on from an interrupted copy';
  if (held === 'delta') return 'cannot send only what differs';
  const tooLow = limits.bandwidth !== undefined && limitUnits(limits.bandwidth) === undefined;
  return tooLow ? `cannot hold a limit below ${limitOfUnits(1)} bytes a second` : undefined;
}

/** The arguments of the one scp. */
export function argsFor(way: Way, { limits }: TransferRequest, { compress }: Required<ScpOptions>): string[] {
  const limit = limits.bandwidth === undefined ? undefined : limitUnits(limits.bandwidth);
  // A copy within a machine is done by cp, which takes none of these.
  const words = way.kind === 'within' ? { compress: false } : { compress, ...(limit !== undefined && { limit }) };
  return scpArgs({ from: way.from, to: way.to, options: way.options, ...words });
}

/** What scp will do, how long it takes, and what to know of it beforehand. */
export function scpOffer(way: Way, request: TransferRequest, settings: Required<ScpOptions>): AcceptedOffer {
  const facts = request.from.facts;
  const units = request.limits.bandwidth === undefined ? undefined : limitUnits(request.limits.bandwidth);
  const limit = units === undefined ? undefined : limitOfUnits(units);
  return {
    accept: true,
    seconds: secondsFor(way, facts, limit),
    reason: way.kind === 'within' ? 'copied within one host' : 'every byte over SFTP',
    commands: [{ host: way.on.id, tool: 'scp', args: argsFor(way, request, settings) }],
    ...(limit !== undefined && { limits: { bandwidth: limit }, charged: 'image' as const }),
    space: way.kind === 'within' ? dataIn(facts) : (facts.size ?? 0),
    notes: [...way.notes, ...notesOf(way, facts)],
  };
}

function secondsFor(way: Way, facts: Facts, limit: number | undefined): number {
  const bytes = way.kind === 'within' ? dataIn(facts) : (facts.size ?? 0);
  return startSeconds + bytes / Math.min(rates[way.kind], limit ?? Infinity);
}

function notesOf(way: Way, facts: Facts): string[] {
  const again = 'an interrupted copy starts again from the beginning';
  const filled = way.kind !== 'within' && dataIn(facts) < (facts.size ?? 0);
  return filled ? [`holes are filled: it takes ${facts.size} bytes on the destination`, again] : [again];
}

function dataIn({ size = 0, allocated = size }: Facts): number {
  return Math.min(size, allocated);
}
