import { formatRate } from 'image-api';
import type { Plan, TaskEvent, TaskResult, Verified } from 'image-api';
import { formatSeconds, formatSize, formatSpeed } from '../text/format-quantity.ts';
import { escapeControls } from '../text/escape-controls.ts';

/** What there is to say of an event in one line, apart from progress; absent when it needs no words. */
export function remarkOn(event: TaskEvent): string | undefined {
  const words = wordsOn(event);
  if (words === undefined) return undefined;
  return `${event.type === 'result' ? warningLines(event.result.warnings) : ''}${line(words)}`;
}

/** What did not go as it was planned, though the copy succeeded, each in a line. */
export function warningLines(warnings: TaskResult['warnings'] = []): string {
  return warnings.map((warning) => line(`warning: ${warning}`)).join('');
}

function line(words: string): string {
  return `imagectl: ${escapeControls(words)}\n`;
}

function wordsOn(event: TaskEvent): string | undefined {
  switch (event.type) {
    case 'plan':
      return chosen(event.plan);
    case 'attempt':
      return event.number === 1 && !event.held ? undefined : attempt(event);
    case 'ready':
      return `ready to use at ${event.uri}`;
    case 'limits':
      return limitText(event);
    case 'result':
      return result(event.result);
    case 'progress':
    case 'state':
    case 'error':
      break;
  }
  return undefined;
}

function chosen(plan: Plan): string | undefined {
  const winner = plan.candidates.find((candidate) => candidate.accepted);
  if (!winner?.accepted) return undefined;
  const { bandwidth } = winner.limits;
  const limit = bandwidth === undefined ? '' : `, at most ${formatRate(bandwidth)}`;
  return `${winner.driver} copies ${plan.from.href} to ${plan.to.href}${limit}: ${winner.reason}`;
}

function attempt({ driver, number, held, kept, retryInSeconds, after }: Extract<TaskEvent, { type: 'attempt' }>): string {
  if (retryInSeconds !== undefined) {
    return `${after?.message ?? `${driver} failed`}; try ${number} follows in ${formatSeconds(retryInSeconds)}`;
  }
  const there = kept === undefined ? 'what is there' : `the ${formatSize(kept)} that are there`;
  const start = held === 'resume' ? `, going on from ${there}` : held === 'delta' ? ', sending what differs from the old content' : '';
  return `${number === 1 ? '' : `try ${number}: `}${driver} begins${start}`;
}

function limitText({ limits: { bandwidth }, reason }: Extract<TaskEvent, { type: 'limits' }>): string {
  const because = reason === undefined ? '' : `: ${reason}`;
  return `the limit is now ${bandwidth === undefined ? 'lifted' : formatRate(bandwidth)}${because}`;
}

function result({ from, to, driver, attempts, counters, seconds, size, verified, incomplete }: TaskResult): string {
  if (incomplete !== undefined) {
    return `${to} was let go of before it was complete and is not published; what was read of ${from}${amountRead(counters)} is kept in ${incomplete}`;
  }
  const amount =
    size === undefined ? `in ${formatSeconds(seconds)}` : `${formatSize(size)} in ${formatSeconds(seconds)}${speed(size, seconds)}`;
  const kept = attempts.at(-1)?.kept ?? 0;
  const before = kept > 0 ? `, ${formatSize(kept)} of it in an earlier try` : '';
  return `copied ${from} to ${to} by ${driver}: ${amount}${before}${onDemand(counters)}, ${verifiedText(verified)}`;
}

function amountRead({ bytesOnDemand }: TaskResult['counters']): string {
  return bytesOnDemand === undefined ? '' : ` (${formatSize(bytesOnDemand)})`;
}

/** Only of an image that was used while it came. */
function onDemand({ bytesOnDemand = 0 }: TaskResult['counters']): string {
  return bytesOnDemand > 0 ? `, ${formatSize(bytesOnDemand)} of it read ahead of the background` : '';
}

function speed(size: number, seconds: number): string {
  return seconds > 0 && size > 0 ? ` (${formatSpeed(size / seconds)})` : '';
}

function verifiedText(verified: Verified): string {
  if (verified.by === 'sha256' || verified.by === 'content') {
    const by = verified.by === 'sha256' ? `by ${verified.digest}` : 'by comparing the content';
    return `verified ${by}${verified.readBack ? ', a sample of it read back' : ''}`;
  }
  if (verified.by === 'unverified') return `not verified: ${verified.reason}`;
  return verifiedBy[verified.by];
}

const verifiedBy: Readonly<Record<Exclude<Verified['by'], 'sha256' | 'content' | 'unverified'>, string>> = {
  size: 'verified by size',
  chain: 'verified: it needs no other image and is sound',
};
