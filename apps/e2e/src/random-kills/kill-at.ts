import { setTimeout as delay } from 'node:timers/promises';
import type { ImagectlResult, RunningImagectl } from '../imagectl.ts';
import type { Lab } from '../lab.ts';
import type { CopyLength } from './copy-length.ts';
import { Told } from './told.ts';

/** When to kill: at a place, from 0 to 1, of the time up to the told plan, or of the time from there to the end. */
export interface Moment {
  readonly part: 'planning' | 'copying';
  readonly place: number;
  /** How long the same copy took when nobody killed it. */
  readonly length: CopyLength;
}

export interface KilledRun {
  /** False when it had ended by itself. */
  readonly killed: boolean;
  readonly told: Told;
  readonly done: Promise<ImagectlResult>;
}

/** Start `imagectl copy --json` and kill it with -9. Resolves right after the kill, whatever still moves then. */
export async function killAt(lab: Lab, args: readonly string[], moment: Moment): Promise<KilledRun> {
  const told = new Told();
  const running = lab.start(['copy', ...args, '--json', '--quiet'], { onStdout: (text) => told.take(text) });
  const ended = running.done.then(() => undefined);
  if (moment.part === 'copying') await Promise.race([told.plan, ended]);
  await Promise.race([delay(waitMs(moment, told)), ended]);
  return { killed: await kill(running, ended), told, done: running.done };
}

/** How long planning took tells how busy the machine is now. */
function waitMs({ part, place, length: { planMs, copyMs } }: Moment, told: Told): number {
  return part === 'planning' ? place * planMs : (place * copyMs * (told.atMs('plan') ?? planMs)) / planMs;
}

async function kill(running: RunningImagectl, ended: Promise<undefined>): Promise<boolean> {
  const pid = await Promise.race([running.pid().catch(() => undefined), ended]);
  try {
    return pid !== undefined && process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}
