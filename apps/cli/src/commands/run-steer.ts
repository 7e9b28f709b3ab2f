import { formatRate, steerTask } from 'image-api';
import type { Steering } from 'image-api';
import type { CommandFlags } from '../flags/flags.ts';
import { jsonLine } from '../text/json-line.ts';
import { unlessAborted } from '../with-api.ts';
import type { World } from '../world.ts';
import { shortIdLength } from './run-tasks.ts';

type Answer = Awaited<ReturnType<typeof steerTask>>;

/** `imagectl limit`, `pause`, `resume` and `cancel`: do that to a task in another process, and say what came of it. */
export async function runSteer(id: string, steering: Steering, flags: CommandFlags, world: World): Promise<number> {
  const answer = await unlessAborted(world.signal, steerTask(id, steering));
  const { task, limits, outcome } = answer;
  world.stdout.write(
    flags.json ? jsonLine({ ...task, ...(limits && { limits }), ...(outcome && { outcome }) }) : `${steeredText(steering, answer)}\n`,
  );
  return 0;
}

/** What is in force now, in one sentence. */
export function steeredText({ ask }: Pick<Steering, 'ask'>, { task, limits, outcome }: Answer): string {
  const name = task.id.slice(0, shortIdLength);
  if (ask === 'cancel') return outcome === 'cancelled' ? `${name} is cancelled` : `${name} had ${outcome ?? 'ended'} already`;
  if (ask === 'limit') return `${name} is held to ${limits?.bandwidth === undefined ? 'no limit' : formatRate(limits.bandwidth)}`;
  return `${name} is ${task.state}`;
}
