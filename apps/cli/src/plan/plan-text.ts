import { formatRate } from 'image-api';
import type { Candidate, Plan, PlannedEndpoint } from 'image-api';
import { formatExactSize, formatSeconds, formatSize } from '../text/format-quantity.ts';
import { escapeControls } from '../text/escape-controls.ts';
import { quoteCommand } from '../text/quote-command.ts';
import { table } from '../text/table.ts';

type Winner = Extract<Candidate, { accepted: true }>;

/** A plan for people: who would copy and who not, each with the reason, and what exactly the winner would do. */
export function planText(plan: Plan): string {
  const winner = plan.candidates.find((candidate): candidate is Winner => candidate.accepted);
  const rows = [['from', endText(plan.from)], ['to', endText(plan.to)], ...(winner ? winnerRows(plan, winner) : askedRows(plan))];
  return [candidateTable(plan.candidates), commandLines(winner), table(rows)].filter((part) => part !== '').join('\n');
}

function candidateTable(candidates: readonly Candidate[]): string {
  return table([['rank', 'driver', 'estimate', 'by', 'reason'], ...candidates.map(candidateRow)]);
}

function candidateRow(candidate: Candidate): readonly string[] {
  if (!candidate.accepted) return ['-', candidate.driver, '-', '-', `${candidate.stage}: ${candidate.reason}`];
  return [String(candidate.rank), candidate.driver, formatSeconds(candidate.seconds), basisWords[candidate.basis.by], candidate.reason];
}

const basisWords: Readonly<Record<Winner['basis']['by'], string>> = {
  driver: 'guess',
  'own-copies': 'its copies',
  'other-copies': 'other copies',
};

/** `12.3s, by 5 earlier copies on this route; the driver itself guesses 5s` */
function estimateText({ seconds, basis }: Winner): string {
  if (basis.by === 'driver') return `${formatSeconds(seconds)}, by the driver's own guess`;
  const others = basis.by === 'own-copies' ? '' : ' by other drivers, or in other ways';
  return `${formatSeconds(seconds)}, by ${basis.copies} earlier copies on this route${others}; the driver itself guesses ${formatSeconds(basis.guess)}`;
}

/** Written like a prompt: what follows the `$` can be pasted on that host. */
function commandLines(winner: Winner | undefined): string {
  const commands = winner?.commands ?? [];
  return commands.map(({ host, tool, args }) => `${escapeControls(host)}$ ${settings(args)}${quoteCommand([tool, ...args])}\n`).join('');
}

/**
 * A copy hands its tools the private directory of its shared connections in a variable, and ssh refuses to start where that has no
 * value. Pasted, a command makes a connection of its own, so the directory may be any in which there is no socket.
 */
function settings(args: readonly string[]): string {
  const names = new Set(args.flatMap((word) => [...word.matchAll(/\$\{(IMAGE_API_\w+)\}/g)].map(([, name]) => `${name}=/nonexistent `)));
  return [...names].join('');
}

function endText({ href, facts }: PlannedEndpoint): string {
  const size = facts.size === undefined ? [] : [formatExactSize(facts.size)];
  const allocated = facts.allocated === undefined || facts.kind === 'absent' ? [] : [`${formatSize(facts.allocated)} allocated`];
  const filesystem = facts.filesystem === undefined ? [] : [`on ${facts.filesystem}`];
  return `${href} (${[kinds[facts.kind], ...(facts.format ? [facts.format] : []), ...size, ...allocated, ...filesystem].join(', ')})`;
}

const kinds: Readonly<Record<PlannedEndpoint['facts']['kind'], string>> = {
  file: 'file',
  block: 'block device',
  absent: 'absent',
  opaque: 'only a driver can look there',
};

function winnerRows(plan: Plan, winner: Winner): readonly (readonly string[])[] {
  return [
    ...(plan.staging === plan.to.href ? [] : [['staging', plan.staging]]),
    ['estimate', estimateText(winner)],
    ['limit', limitText(plan, winner)],
    ...ruleRows(plan),
    ...(plan.space ? [['space', `needs ${formatExactSize(plan.space.needed)}, ${formatSize(plan.space.free)} free`]] : []),
    ['verify', plan.verify],
    ['publish', publishText[plan.publish]],
    ...[...plan.notes, ...winner.notes].map((note) => ['note', note]),
  ];
}

function askedRows(plan: Plan): readonly (readonly string[])[] {
  return [
    ...(plan.limits.bandwidth === undefined ? [] : [['limit', `${rateText(plan.limits.bandwidth)} asked for${sourceText(plan)}`]]),
    ...ruleRows(plan),
  ];
}

function ruleRows({ rules }: Plan): readonly (readonly string[])[] {
  return rules.map((rule) => ['rule', rule]);
}

function limitText(plan: Plan, { limits, charged }: Winner): string {
  const asked = plan.limits.bandwidth;
  if (limits.bandwidth === undefined) return `${unboundedText(plan)}${sourceText(plan)}`;
  const what = charged === undefined ? '' : charged === 'wire' ? ' of what goes over the wire' : ' of the image';
  const rounded = asked === undefined || asked === limits.bandwidth ? '' : `; asked for ${rateText(asked)}`;
  return `${rateText(limits.bandwidth)}${what}${movingText(plan)}${sourceText(plan)}${rounded}`;
}

/** Where there is no number yet. */
function unboundedText({ group, auto }: Plan): string {
  if (group !== undefined) return `a share of what the group ${group} has`;
  return auto ? "auto: follows the pressure on this machine's disks" : 'none';
}

function movingText({ group, auto }: Plan): string {
  if (group !== undefined) return ` for all of the group ${group}`;
  return auto ? " at most: follows the pressure on this machine's disks" : '';
}

/** `20MiB/s (20971520 bytes/s)` */
function rateText(bytesPerSecond: number): string {
  const rate = formatRate(bytesPerSecond);
  return rate === `${bytesPerSecond} B/s` ? rate : `${rate} (${bytesPerSecond} bytes/s)`;
}

function sourceText({ limitsFrom }: Plan): string {
  return limitsFrom === undefined ? '' : `, ${sources[limitsFrom]}`;
}

const sources: Readonly<Record<NonNullable<Plan['limitsFrom']>, string>> = {
  option: 'from --limit',
  rule: 'from a rule',
  config: 'from the config',
};

const publishText: Readonly<Record<Plan['publish'], string>> = {
  atomic: 'atomic: the name appears when the image is complete and checked',
  'in-place': 'in place: a failure leaves the destination undefined',
};
