import { ImageError } from '@image-api/driver';
import type { Candidate } from './plan.ts';

/** Why each driver won or lost, one line each: `cp: cannot hold a limit`. */
export function explain(candidates: readonly Candidate[]): string {
  return candidates.map((candidate) => `${candidate.driver}: ${candidate.reason}`).join('\n');
}

/** What a plan needs to hold for `noDriver`. */
interface Unplannable {
  readonly from: { readonly href: string };
  readonly to: { readonly href: string };
  readonly candidates: readonly Candidate[];
}

/** The error of a copy that no driver can do as it was asked for. Its message holds the reason of each. */
export function noDriver({ from, to, candidates }: Unplannable): ImageError {
  const reasons = candidates.length === 0 ? ' none is configured' : `\n${explain(candidates)}`.replaceAll('\n', '\n  ');
  return new ImageError(`no driver can copy ${from.href} to ${to.href} as asked:${reasons}`, {
    code: 'NO_DRIVER',
    origin: 'caller',
    untouched: true,
    details: { candidates },
  });
}
