import { setTimeout as delay } from 'node:timers/promises';
import type { ImagectlResult, RunningImagectl } from '../imagectl.ts';
import type { Lab } from '../lab.ts';
import { Told } from './told.ts';

/** When to kill: so long after it was started, or after it had told its plan. */
export interface Moment {
  readonly after: 'start' | 'plan';
  readonly ms: number;
}

export interface KilledRun {
  /** False when it had ended by itself. */
  readonly killed: boolean;
  readonly told: Told;
  readonly done: Promise<ImagectlResult>;
}

/** Start `imagectl copy --json` and kill it with -9. Resolves right after the kill, whatever still moves then. */
export async function killAt(lab: Lab, args: readonly string[], { after, ms }: Moment): Promise<KilledRun> {
  const told = new Told();
  const running = lab.start(['copy', ...args, '--json', '--quiet'], { onStdout: (text) => told.take(text) });
  const ended = running.done.then(() => undefined);
  if (after === 'plan') await Promise.race([told.plan, ended]);
  await Promise.race([delay(ms), ended]);
  return { killed: await kill(running, ended), told, done: running.done };
}

async function kill(running: RunningImagectl, ended: Promise<undefined>): Promise<boolean> {
  const pid = await Promise.race([running.pid().catch(() => undefined), ended]);
  try {
    return pid !== undefined && process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}
