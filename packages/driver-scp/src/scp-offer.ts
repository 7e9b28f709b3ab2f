import type { AcceptedOffer, Facts, TransferRequest } from '@image-api/driver';
import { paceProgram } from '@image-api/host';
import { limitOfUnits, limitUnits, scpArgs } from './scp-args.ts';
import type { ScpOptions } from './scp-options.ts';
import { comesByHere } from './scp-way.ts';
import type { Way } from './scp-way.ts';

/** Bytes per second, measured on two cores: one ssh, two of them in a row, and a copy within a machine. */
const rates = { upload: 110e6, download: 110e6, direct: 110e6, relay: 60e6, within: 400e6 } as const;
/** A session on a connection that stands, and the first packets of sftp. */
const startSeconds = 0.5;

/** Why scp will not do it; `undefined` when it will. */
export function refusal({ from, to, toFormat, held }: TransferRequest): string | undefined {
  const schemes = [from.scheme, to.scheme];
  if (!schemes.includes('ssh') || !schemes.every((scheme) => scheme === 'ssh' || scheme === 'file')) {
    return `copies between ssh hosts and this machine only, not from ${from.scheme} to ${to.scheme}`;
  }
  if (from.facts.kind === 'block' || to.facts.kind === 'block') return 'copies files only, no block devices';
  if (toFormat !== undefined) return `cannot convert to ${toFormat}`;
  if (held === 'resume') return 'cannot go on from an interrupted copy';
  return held === 'delta' ? 'cannot send only what differs' : undefined;
}

/** The arguments of the one scp. */
export function argsFor(way: Way, { limits }: TransferRequest, { compress }: Required<ScpOptions>): string[] {
  const ends = { from: way.from, to: way.to, options: way.options };
  if (comesByHere(way)) return scpArgs({ ...ends, compress, pace: paceProgram() });
  // A copy within a machine is done by cp, which takes none of these.
  if (way.kind === 'within') return scpArgs({ ...ends, compress: false });
  const limit = limits.bandwidth === undefined ? undefined : limitUnits(limits.bandwidth);
  return scpArgs({ ...ends, compress, ...(limit !== undefined && { limit }) });
}

/** What scp will do, how long it takes, and what to know of it beforehand. */
export function scpOffer(way: Way, request: TransferRequest, settings: Required<ScpOptions>): AcceptedOffer {
  const facts = request.from.facts;
  const limit = limitInForce(way, request);
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

/** scp's own is rounded down to its unit. */
function limitInForce(way: Way, { limits: { bandwidth } }: TransferRequest): number | undefined {
  if (bandwidth === undefined || comesByHere(way)) return bandwidth;
  const units = limitUnits(bandwidth);
  return units === undefined ? undefined : limitOfUnits(units);
}

function secondsFor(way: Way, facts: Facts, limit: number | undefined): number {
  const bytes = way.kind === 'within' ? dataIn(facts) : (facts.size ?? 0);
  return startSeconds + bytes / Math.min(rates[way.kind], limit ?? Infinity);
}

function notesOf(way: Way, facts: Facts): string[] {
  const again = 'an interrupted copy starts again from the beginning';
  const filled = way.kind !== 'within' && dataIn(facts) < (facts.size ?? 0);
  const fixed = comesByHere(way) ? [] : ['can neither be paused nor have its limit changed while it runs'];
  return filled ? [...fixed, `holes are filled: it takes ${facts.size} bytes on the destination`, again] : [...fixed, again];
}

function dataIn({ size = 0, allocated = size }: Facts): number {
  return Math.min(size, allocated);
}
