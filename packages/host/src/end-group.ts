import { setTimeout as sleep } from 'node:timers/promises';
import { groupRuns, signalGroup } from './process-group.ts';

const pollMs = 15;
/** How long a process may sit in the kernel after KILL before it is left behind. */
export const abandonAfterMs = 5000;

/** End what is left of a process group: TERM, and KILL after `killAfterMs`. Resolves when nothing of it runs any more. */
export async function endGroup(group: number, killAfterMs: number): Promise<void> {
  if (!groupRuns(group)) return;
  askGroupToEnd(group);
  if (await isGoneWithin(group, killAfterMs)) return;
  signalGroup(group, 'SIGKILL');
  await isGoneWithin(group, abandonAfterMs);
}

/** CONT goes along, because a stopped process would not notice TERM. */
export function askGroupToEnd(group: number): void {
  signalGroup(group, 'SIGTERM');
  signalGroup(group, 'SIGCONT');
}

async function isGoneWithin(group: number, ms: number): Promise<boolean> {
  for (let waited = 0; groupRuns(group); waited += pollMs) {
    if (waited >= ms) return false;
    await sleep(pollMs);
  }
  return true;
}
