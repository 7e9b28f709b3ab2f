import type { Plan } from '../plan/plan.ts';

/** What a failed copy means for the destination, for the end of a message. */
export function whatRemains({ publish, to }: Plan): string {
  return publish === 'atomic' ? 'nothing was published' : `what is at ${to.href} now must not be used`;
}
